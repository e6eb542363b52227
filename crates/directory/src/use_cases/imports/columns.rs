//! The columns of a file of people, found by name.

use std::borrow::Cow;

use throng_tables::{self as tables, Cell, Change, RowFault, find_column};

use crate::error::{Error, Result};
use crate::model::canonical;
use crate::model::jobs::ImportMode;
use crate::model::passwords::Hash;
use crate::model::people;
use crate::model::rows::{Cleared, Fault, Row};

/// The columns we know, as the template names them. Others (a `Description` of an earlier failure, say) are
/// passed over.
pub const NAMES: &[&str] = &[
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

/// The columns that a row is written in, to be read here again: those of an export, with why it failed behind them. What
/// is not kept of a row, its password first of all, is blank.
pub(crate) const WRITTEN: &[&str] = &[
    "Login Id",
    "Account Hierarchy",
    "Last Name",
    "First Name",
    "Password",
    "Profile",
    "Display Name",
    "Roles",
    "Email",
    "Member Of",
    "Owned Groups",
    DESCRIPTION,
];
/// The column that says why a row failed: no column of people, and passed over like any other that is none.
const DESCRIPTION: &str = "Description";
/// The columns of an export.
pub(crate) const EXPORTED: &[&str] = match WRITTEN.split_last() {
    Some((_, columns)) => columns,
    None => WRITTEN,
};

/// The names of these columns but for those that a file of failed rows has.
pub(super) fn unknown(columns: &[String]) -> Vec<String> {
    columns.iter().filter(|name| tables::column_key(name) != "description").cloned().collect()
}

/// A row in the columns of [`WRITTEN`].
pub(crate) fn written(row: Row, reason: String) -> Vec<Cell> {
    let Row { cleared, fault, .. } = row;
    let text =
        |text: String, field| Cell::Text(if cleared.has(field) { tables::CLEAR.to_owned() } else { text });
    let list = |list: Vec<String>, field| match list.is_empty() {
        true if cleared.has(field) => Cell::Text("[]".to_owned()),
        true => Cell::default(),
        false => written_list(list, fault.as_ref()),
    };
    vec![
        Cell::Text(row.login),
        text(row.node, Cleared::NODE),
        Cell::Text(row.last_name),
        Cell::Text(row.first_name),
        Cell::default(),
        text(row.profile, Cleared::PROFILE),
        text(row.display_name, Cleared::DISPLAY_NAME),
        list(row.roles, Cleared::ROLES),
        text(row.email, Cleared::EMAIL),
        list(row.member_of, Cleared::MEMBER_OF),
        list(row.owned_groups, Cleared::OWNED_GROUPS),
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

/// A row, as messages name it.
pub(crate) fn named(number: impl std::fmt::Display) -> String {
    format!("row {number} of the file")
}

/// Where each column is.
#[derive(Debug)]
pub(super) struct Columns {
    mode: ImportMode,
    login: Option<usize>,
    last_name: Option<usize>,
    first_name: Option<usize>,
    display_name: Option<usize>,
    password: Option<usize>,
    roles: Option<usize>,
    email: Option<usize>,
    member_of: Option<usize>,
    node: Option<usize>,
    profile: Option<usize>,
    owned_groups: Option<usize>,
}

impl Columns {
    /// Finds the columns in a header. Who is there already needs no names.
    pub(super) fn find(headers: &[String], mode: ImportMode) -> Result<Self> {
        let required: &[&str] =
            if mode == ImportMode::Add { &["Login Id", "Last Name", "First Name"] } else { &["Login Id"] };
        let missing: Vec<&str> =
            required.iter().copied().filter(|name| find_column(headers, name).is_none()).collect();
        if !missing.is_empty() {
            let detail = format!("the file has no column {}; columns are found by name", missing.join(", "));
            return Err(Error::invalid("file", detail));
        }
        let at = |name| find_column(headers, name);
        Ok(Self {
            mode,
            login: at("Login Id"),
            last_name: at("Last Name"),
            first_name: at("First Name"),
            display_name: at("Display Name"),
            password: at("Password"),
            roles: at("Roles"),
            email: at("Email"),
            member_of: at("Member Of"),
            node: at("Account Hierarchy"),
            profile: at("Profile"),
            owned_groups: at("Owned Groups"),
        })
    }

    /// The row as it will be staged, with its fault if it has one.
    pub(super) fn row(&self, row: &tables::Row) -> Row {
        let mut read = Row { line: u32::try_from(row.number).unwrap_or(0), ..Row::default() };
        let fault = match &row.cells {
            Ok(cells) => self.fill(cells, &mut read).or_else(|| self.trimmed_password(row)),
            Err(fault) => {
                // What could be read of it: the row is found by its login and its names.
                self.fill(&fault.cells, &mut read);
                Some(format!("{}: {}", named(row.number), fault.message))
            }
        };
        let fault = match canonical::login_key("Login Id", &read.login) {
            Ok(key) => {
                read.key = key;
                fault.or_else(|| people::check_row(&read, self.mode).err())
            }
            Err(error) => {
                read.key = canonical::refused_login_key(&read.login);
                Some(fault.unwrap_or_else(|| error.to_string()))
            }
        };
        read.fault = fault.map(Fault::Invalid);
        read
    }

    /// That a password would not be the one that was sent: of a cell the spaces at its ends are taken off. Of a ready hash
    /// they are no part.
    fn trimmed_password(&self, row: &tables::Row) -> Option<String> {
        self.password.filter(|at| row.trimmed.contains(at))?;
        let is_ready = Hash::is_ready(self.password(row)?);
        (is_ready != Ok(true))
            .then(|| "Password begins or ends with spaces, which a file does not keep".to_owned())
    }

    /// The password that a row gives, if it is not about somebody who is to go.
    pub(super) fn password<'a>(&self, row: &'a tables::Row) -> Option<&'a str> {
        let cell =
            row.cells.as_ref().ok()?.get(self.password.filter(|_| self.mode != ImportMode::Delete)?)?;
        cell.text().ok().filter(|text| !text.is_empty())
    }

    /// Fills the row from its cells, as far as they can be used; the first fault. Of those who are deleted only who they
    /// are is looked at.
    fn fill(&self, cells: &[Cell], row: &mut Row) -> Option<String> {
        let mut taken = Taken { cells, fault: None, cleared: Cleared::NONE };
        row.login = taken.text("Login Id", self.login);
        row.last_name = taken.text("Last Name", self.last_name);
        row.first_name = taken.text("First Name", self.first_name);
        if self.mode == ImportMode::Delete {
            return taken.fault;
        }
        taken.keeps("Last Name", self.last_name);
        taken.keeps("First Name", self.first_name);
        row.display_name = taken.optional("Display Name", self.display_name, Cleared::DISPLAY_NAME);
        row.email = taken.optional("Email", self.email, Cleared::EMAIL);
        // Here only whether it can be read.
        taken.text("Password", self.password);
        row.roles = taken.list("Roles", self.roles, Cleared::ROLES);
        row.member_of = taken.list("Member Of", self.member_of, Cleared::MEMBER_OF);
        row.node = taken.optional("Account Hierarchy", self.node, Cleared::NODE);
        row.profile = taken.optional("Profile", self.profile, Cleared::PROFILE);
        row.owned_groups = taken.list("Owned Groups", self.owned_groups, Cleared::OWNED_GROUPS);
        row.cleared = taken.cleared;
        taken.fault
    }
}

/// The cells of a row, the first fault met in taking their values, and what they say is to be emptied.
struct Taken<'a> {
    cells: &'a [Cell],
    fault: Option<String>,
    cleared: Cleared,
}

impl Taken<'_> {
    fn text(&mut self, name: &str, column: Option<usize>) -> String {
        self.value(name, column, |cell| cell.text().map(str::to_owned), |_| String::new())
    }

    /// Refuses to empty what everybody has.
    fn keeps(&mut self, name: &str, column: Option<usize>) {
        let cell = column.and_then(|at| self.cells.get(at));
        if cell.is_some_and(|cell| matches!(cell.change(), Ok(Change::Clear))) {
            self.fault.get_or_insert_with(|| format!("{name} must not be empty"));
        }
    }

    /// A text that may be emptied.
    fn optional(&mut self, name: &str, column: Option<usize>, field: Cleared) -> String {
        self.note_cleared(column, |cell| matches!(cell.change(), Ok(Change::Clear)), field);
        self.text(name, column)
    }

    fn list(&mut self, name: &str, column: Option<usize>, field: Cleared) -> Vec<String> {
        self.note_cleared(column, |cell| matches!(cell.list_change(), Ok(Change::Clear)), field);
        let as_it_stands = |cell: &Cell| cell.text().map(|text| vec![text.to_owned()]).unwrap_or_default();
        self.value(name, column, |cell| cell.list().map(Cow::into_owned), as_it_stands)
    }

    fn note_cleared(&mut self, column: Option<usize>, clears: impl FnOnce(&Cell) -> bool, field: Cleared) {
        if column.and_then(|at| self.cells.get(at)).is_some_and(clears) {
            self.cleared = self.cleared.and(field);
        }
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
