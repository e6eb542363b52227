//! The rules of the admin API for what is said of a person, in a file or in a request, but for what only the directory
//! knows.

use crate::error::{Error, Result};
use crate::model::canonical;
use crate::model::faults::Faults;

/// Characters of a first or last name.
const NAME_CHARS_MAX: usize = 255;
/// Characters of a display name.
const DISPLAY_NAME_CHARS_MAX: usize = 510;
/// Characters of an e-mail address.
const EMAIL_CHARS_MAX: usize = 255;
/// Roles of one person.
const ROLES_MAX: usize = 11;
/// Characters of one role.
pub const ROLE_CHARS_MAX: usize = 40;
/// Groups that one person is put into at once, and groups that one person owns.
const GROUPS_MAX: usize = 50;
/// Characters of the name of a part of the organization, and of a profile.
const NODE_CHARS_MAX: usize = 255;

/// How the fields are called where they were given.
#[derive(Debug)]
pub struct Names {
    login: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    display_name: &'static str,
    email: &'static str,
    node: &'static str,
    profile: &'static str,
    roles: &'static str,
    member_of: &'static str,
    owned_groups: &'static str,
}

/// In JSON bodies.
pub const ADMIN: Names = Names {
    login: "loginId",
    first_name: "firstName",
    last_name: "lastName",
    display_name: "displayName",
    email: "emailId",
    node: "organizationNodeId",
    profile: "profileId",
    roles: "roles",
    member_of: "memberOfGroups",
    owned_groups: "ownedGroups",
};

/// In the header of a file.
pub const FILE: Names = Names {
    login: "Login Id",
    first_name: "First Name",
    last_name: "Last Name",
    display_name: "Display Name",
    email: "Email",
    node: "Account Hierarchy",
    profile: "Profile",
    roles: "Roles",
    member_of: "Member Of",
    owned_groups: "Owned Groups",
};

/// What is said of a person; `None` where nothing is said, empty where there is to be nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fields<'a> {
    /// Login, where it is not checked by itself.
    pub login: Option<&'a str>,
    /// First name; must not be empty.
    pub first_name: Option<&'a str>,
    /// Last name; must not be empty.
    pub last_name: Option<&'a str>,
    /// Display name.
    pub display_name: Option<&'a str>,
    /// E-mail address.
    pub email: Option<&'a str>,
    /// Part of the organization.
    pub node: Option<&'a str>,
    /// Profile.
    pub profile: Option<&'a str>,
    /// Roles.
    pub roles: &'a [String],
    /// How many groups to be a member of.
    pub member_of: usize,
    /// How many groups to own.
    pub owned_groups: usize,
}

/// Checks what is said of a person.
///
/// # Errors
/// `Faults`: which fields, as `names` calls them, and what is wrong with each.
pub fn check(fields: &Fields<'_>, names: &Names) -> Result<()> {
    let mut faults = Faults::default();
    if let Some(login) = fields.login {
        faults.note(canonical::login_key(names.login, login).map(drop))?;
    }
    for (name, text, chars_max, required) in [
        (names.last_name, fields.last_name, NAME_CHARS_MAX, true),
        (names.first_name, fields.first_name, NAME_CHARS_MAX, true),
        (names.display_name, fields.display_name, DISPLAY_NAME_CHARS_MAX, false),
    ] {
        faults.note(check_name(name, text, chars_max, required))?;
    }
    if let Some(email) = fields.email.filter(|email| !email.is_empty()) {
        faults.note(check_email(names.email, email))?;
    }
    for (name, text) in [(names.node, fields.node), (names.profile, fields.profile)] {
        let is_wrong =
            |text: &str| text.chars().count() > NODE_CHARS_MAX || text.chars().any(char::is_control);
        if text.is_some_and(is_wrong) {
            let detail = format!("{name} has more than {NODE_CHARS_MAX} characters, or control characters");
            faults.form(name, detail);
        }
    }
    let (role, listed) = (names.roles, fields.roles.len());
    if listed > ROLES_MAX {
        faults.form(role, format!("{role} lists {listed} roles, at most {ROLES_MAX} are allowed"));
    }
    if fields.roles.iter().any(|role| role.is_empty() || role.chars().count() > ROLE_CHARS_MAX) {
        faults.form(role, format!("{role}: a role is empty or longer than {ROLE_CHARS_MAX} characters"));
    }
    for (name, groups) in [(names.member_of, fields.member_of), (names.owned_groups, fields.owned_groups)] {
        if groups > GROUPS_MAX {
            faults.form(name, format!("{name} lists more than {GROUPS_MAX} groups"));
        }
    }
    faults.refuse()
}

fn check_name(field: &'static str, name: Option<&str>, chars_max: usize, required: bool) -> Result<()> {
    let Some(name) = name else { return Ok(()) };
    if name.is_empty() && !required {
        return Ok(());
    }
    let detail = if name.is_empty() {
        format!("{field} must not be empty")
    } else if name.chars().count() > chars_max {
        format!("{field} is longer than {chars_max} characters")
    } else if name.contains(['<', '>', '^', '@', '#']) || name.chars().any(char::is_control) {
        format!("{field} must not contain < > ^ @ # or control characters")
    } else {
        return Ok(());
    };
    Err(Error::invalid(field, detail))
}

fn check_email(field: &'static str, address: &str) -> Result<()> {
    let well_formed = address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && domain.split('.').all(|label| !label.is_empty())
            && !domain.contains('@')
            && !address.chars().any(|c| c.is_whitespace() || c.is_control())
    });
    if !well_formed {
        return Err(Error::invalid(field, format!("{field} is not an e-mail address")));
    }
    if address.chars().count() > EMAIL_CHARS_MAX {
        return Err(Error::invalid(field, format!("{field} is longer than {EMAIL_CHARS_MAX} characters")));
    }
    Ok(())
}
