//! The columns of a file of people, found by name.

use std::borrow::Cow;

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

/// The columns that a row is written in, to be read here again. What is not kept of a row, its password first of all,
/// has none.
pub(crate) const WRITTEN: &[&str] =
    &["Login Id", "Last Name", "First Name", "Display Name", "Roles", "Email", "Member Of", REASON];
/// The column that says why a row failed: no column of people, and passed over like any other that is none.
const REASON: &str = "Reason";

/// Columns without which a file is no file of people.
const REQUIRED: &[&str] = &["Login Id", "Last Name", "First Name"];

/// A row in the columns of [`WRITTEN`].
pub(crate) fn written(row: Row, reason: String) -> Vec<Cell> {
    vec![
        Cell::Text(row.login),
        Cell::Text(row.last_name),
        Cell::Text(row.first_name),
        Cell::Text(row.display_name),
        written_list(row.roles, row.fault.as_ref()),
        Cell::Text(row.email),
        written_list(row.member_of, row.fault.as_ref()),
        Cell::Text(reason),
    ]
}

/// A list that could not be taken apart was kept as it stood, and is shown so: it fails again until it is corrected.
fn written_list(mut items: Vec<String>, fault: Option<&Fault>) -> Cell {
    match (fault, items.as_slice()) {
        (Some(Fault::Invalid(_)), [item]) if tables::split_list(item).is_err() => {
            Cell::Text(items.pop().unwrap_or_default())
        }
        _ => Cell::List(items),
    }
}

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
        let mut read = Row::default();
        let fault = match &row.cells {
            Ok(cells) => self.fill(cells, &mut read),
            Err(fault) => {
                // What could be read of it: the row is found by its login and its names.
                self.fill(&fault.cells, &mut read);
                Some(format!("row {} of the file: {}", row.number, fault.message))
            }
        };
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

    /// Fills the row from its cells, as far as they can be used; the first fault.
    fn fill(&self, cells: &[Cell], row: &mut Row) -> Option<String> {
        let mut taken = Taken { cells, fault: None };
        row.login = taken.text("Login Id", self.login);
        row.last_name = taken.text("Last Name", self.last_name);
        row.first_name = taken.text("First Name", self.first_name);
        row.display_name = taken.text("Display Name", self.display_name);
        row.email = taken.text("Email", self.email);
        row.password_dropped = !taken.text("Password", self.password).is_empty();
        row.roles = taken.list("Roles", self.roles);
        row.member_of = taken.list("Member Of", self.member_of);
        taken.fault
    }
}

/// The cells of a row, and the first fault met in taking their values.
struct Taken<'a> {
    cells: &'a [Cell],
    fault: Option<String>,
}

impl Taken<'_> {
    fn text(&mut self, name: &str, column: Option<usize>) -> String {
        self.value(name, column, |cell| cell.text().map(str::to_owned), |_| String::new())
    }

    fn list(&mut self, name: &str, column: Option<usize>) -> Vec<String> {
        let as_it_stands = |cell: &Cell| cell.text().map(|text| vec![text.to_owned()]).unwrap_or_default();
        self.value(name, column, |cell| cell.list().map(Cow::into_owned), as_it_stands)
    }

    /// What `read` makes of a cell; `otherwise`, and the fault, where it cannot.
    fn value<T: Default>(
        &mut self,
        name: &str,
        column: Option<usize>,
        read: impl FnOnce(&Cell) -> std::result::Result<T, RowFault>,
        otherwise: impl FnOnce(&Cell) -> T,
    ) -> T {
        let Some(cell) = column.and_then(|at| self.cells.get(at)) else { return T::default() };
        read(cell).unwrap_or_else(|fault| {
            self.fault.get_or_insert_with(|| format!("{name}: {fault}"));
            otherwise(cell)
        })
    }
}

fn faulty(mut row: Row, message: String) -> Row {
    row.fault = Some(Fault::Invalid(message));
    row
}
