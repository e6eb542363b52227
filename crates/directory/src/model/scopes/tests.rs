use super::*;

#[test]
fn scopes_are_written_as_they_are_read() {
    let text = "users.read groups.write keys.manage";
    let scopes = Scopes::parse(text).unwrap();
    assert_eq!(scopes.to_string(), text);
    assert!(scopes.allow(Permission::GroupsWrite) && !scopes.allow(Permission::GroupsRead));
    assert_eq!(Scopes::parse("users.read Users.Write"), Err("Users.Write"));
    assert_eq!(Scopes::parse(""), Ok(Scopes::NONE));
}

#[test]
fn each_permission_is_one_scope_of_its_own() {
    for permission in Permission::ALL {
        assert_eq!(Permission::parse(permission.scope()), Some(permission));
        let alone = Scopes::NONE.with(permission);
        let is_admin = matches!(permission, Permission::AdminRead | Permission::AdminWrite);
        assert_eq!(alone.iter().eq([permission]), !is_admin, "{permission:?}");
        assert!(Scopes::ALL.cover(alone) && !alone.cover(Scopes::ALL));
    }
}

#[test]
fn who_reads_by_the_admin_api_may_see_people_but_not_change_them() {
    let scopes = Scopes::parse("admin.read").unwrap();
    assert_eq!(scopes.to_string(), "users.read groups.read jobs.read admin.read");
    let scopes = Scopes::parse("admin.write").unwrap();
    assert!(scopes.allow(Permission::UsersWrite) && !scopes.allow(Permission::KeysManage));
}

#[test]
fn a_role_covers_what_it_holds() {
    let (manager, reader) = (Scopes::of(Role::GroupManager), Scopes::of(Role::Reader));
    assert!(manager.cover(reader) && !reader.cover(manager));
    assert!(!Scopes::of(Role::AccountAdministrator).cover(Scopes::of(Role::Operator)));
}
