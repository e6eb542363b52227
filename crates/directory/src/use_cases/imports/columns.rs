//! The columns of a file of people, found by name.

use throng_tables::{self as tables, Cell, RowFault, find_column};

use crate::error::{Error, Result};
use crate::model::canonical;
use crate::model::people;
use crate::model::rows::{Fault, Row};

/// The columns we know, as the template names them. Others (a `Description` of an earlier failure, say) are
/// passed over.
pub(super) const NAMES: &[&str] = &[
    "Login Id",
    "Account Hierarchy",
    "Last Name",
    "First Name",
    "Display Name",
    "Password",
    "Profile",
    "Roles",
    "Email",
    "Member Of",
    "Owned Groups",
];

/// Columns without which a file is no file of people.
const REQUIRED: &[&str] = &["Login Id", "Last Name", "First Name"];

/// Where each column is.
#[derive(Debug)]
pub(super) struct Columns {
    login: Option<usize>,
    last_name: Option<usize>,
    first_name: Option<usize>,
    display_name: Option<usize>,
    password: Option<usize>,
    roles: Option<usize>,
    email: Option<usize>,
    member_of: Option<usize>,
}

impl Columns {
    /// Finds the columns in a header.
    pub(super) fn find(headers: &[String]) -> Result<Self> {
        let missing: Vec<&str> =
            REQUIRED.iter().copied().filter(|name| find_column(headers, name).is_none()).collect();
        if !missing.is_empty() {
            let detail = format!("the file has no column {}; columns are found by name", missing.join(", "));
            return Err(Error::invalid("file", detail));
        }
        let at = |name| find_column(headers, name);
        Ok(Self {
            login: at("Login Id"),
            last_name: at("Last Name"),
            first_name: at("First Name"),
            display_name: at("Display Name"),
            password: at("Password"),
            roles: at("Roles"),
            email: at("Email"),
            member_of: at("Member Of"),
        })
    }

    /// The row as it will be staged, with its fault if it has one.
    pub(super) fn row(&self, row: &tables::Row) -> Row {
        let cells = match &row.cells {
            Ok(cells) => cells,
            Err(fault) => {
                // Such a row has no login to find it by.
                return faulty(Row::default(), format!("row {} of the file: {}", row.number, fault.message));
            }
        };
        let mut read = Row::default();
        let fault = self.fill(cells, &mut read).map_err(|fault| fault.message).err();
        let fault = match canonical::login_key("Login Id", &read.login) {
            Ok(key) => {
                read.key = key;
                fault.or_else(|| people::check_row(&read).err())
            }
            Err(error) => {
                read.key = canonical::refused_login_key(&read.login);
                Some(fault.unwrap_or_else(|| error.to_string()))
            }
        };
        match fault {
            Some(message) => faulty(read, message),
            None => read,
        }
    }

    fn fill(&self, cells: &[Cell], row: &mut Row) -> std::result::Result<(), RowFault> {
        let text = |column: Option<usize>| match column.and_then(|at| cells.get(at)) {
            Some(cell) => cell.text().map(str::to_owned),
            None => Ok(String::new()),
        };
        let list = |column: Option<usize>| match column.and_then(|at| cells.get(at)) {
            Some(cell) => cell.list().map(std::borrow::Cow::into_owned),
            None => Ok(Vec::new()),
        };
        // The names first: a row that fails later on is still found by them.
        row.login = text(self.login)?;
        row.last_name = text(self.last_name)?;
        row.first_name = text(self.first_name)?;
        row.display_name = text(self.display_name)?;
        row.email = text(self.email)?;
        row.password_dropped = !text(self.password)?.is_empty();
        row.roles = list(self.roles)?;
        row.member_of = list(self.member_of)?;
        Ok(())
    }
}

fn faulty(mut row: Row, message: String) -> Row {
    row.fault = Some(Fault::Invalid(message));
    row
}
