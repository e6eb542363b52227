//! Resources of types that the configuration defines.

use throng_directory::Result;
use throng_directory::ids::{AccountId, EntityKey, ResourceKey};
use throng_directory::model::resources::Resource;
use throng_directory::port::scan::{Page, Scan};
use throng_directory::port::{ResourceReads, ResourceWrites};
use throng_jobs::Instant;
use throng_scim::Error as ScimError;
use uuid::Uuid;

use crate::conn::{Conn, Row, Value};
use crate::fault::{Fault, Outcome, loaded};
use crate::ranges::{Bounds, stretch};
use crate::session::Session;
use crate::sources;
use crate::users::uuid;

/// The columns that [`resource`] reads, in its order.
macro_rules! select_resource {
    ($rest:expr) => {
        concat!(
            "select r.resource_key, r.kind, r.uuid, r.version, r.created_at, r.modified_at, r.external_id, r.doc \
             from resources r where r.account_id = ?1 and r.kind = ?2 ",
            $rest
        )
    };
}

/// Resources by the time of their last change, forwards or backwards.
macro_rules! by_change {
    ($behind:literal, $direction:literal) => {
        select_resource!(concat!(
            "and r.modified_at >= ?3 and r.modified_at < ?4 and (r.modified_at, r.resource_key) ",
            $behind,
            " (?5, ?6) order by r.modified_at",
            $direction,
            ", r.resource_key",
            $direction,
            " limit ?7 offset ?8"
        ))
    };
}

/// Reads a row of [`select_resource`].
fn resource(row: &dyn Row) -> Outcome<Resource> {
    Ok(Resource {
        key: ResourceKey(row.int(0)?),
        kind: row.text(1)?.to_owned(),
        uuid: uuid(row.blob(2)?)?,
        version: row.int(3)?,
        created_at: Instant::from_micros(row.int(4)?),
        modified_at: Instant::from_micros(row.int(5)?),
        external_id: row.opt_text(6)?.map(str::to_owned),
        unique: Vec::new(),
        doc: row.text(7)?.to_owned(),
    })
}

impl<C: Conn> ResourceReads for Session<C> {
    fn resource(&mut self, account: AccountId, kind: &str, uuid: Uuid) -> Result<Option<Resource>> {
        // Index resources_uuid.
        let sql = select_resource!("and r.uuid = ?3");
        let values = [account.0.into(), kind.into(), uuid.as_bytes().as_slice().into()];
        self.of(account, |conn| conn.first(sql, &values, resource))
    }

    fn resource_with(
        &mut self,
        account: AccountId,
        kind: &str,
        attribute: &str,
        value_key: &str,
    ) -> Result<Option<Resource>> {
        // The primary key of resource_values, then that of resources.
        let sql = select_resource!(
            "and r.resource_key = (select v.resource_key from resource_values v where v.account_id = ?1 \
             and v.kind = ?2 and v.attribute = ?3 and v.value_key = ?4)"
        );
        let values = [account.0.into(), kind.into(), attribute.into(), value_key.into()];
        self.of(account, |conn| conn.first(sql, &values, resource))
    }

    fn resources(
        &mut self,
        account: AccountId,
        kind: &str,
        scan: &Scan,
        page: &Page,
    ) -> Result<Vec<Resource>> {
        let after = Value::from(page.after_key());
        self.of(account, |conn| {
            let (limit, offset) = stretch(page)?;
            let (limit, offset) = (Value::from(limit), Value::from(offset));
            let (account, kind) = (Value::Int(account.0), Value::Text(kind));
            match scan {
                Scan::All => {
                    // Index resources_kind.
                    let sql = select_resource!(
                        "and r.resource_key > ?3 order by r.resource_key limit ?4 offset ?5"
                    );
                    conn.some(sql, &[account, kind, after, limit, offset], resource, |resource| resource.doc.len())
                }
                Scan::ExternalId(value) => {
                    // Index resources_external_id.
                    let sql = select_resource!(
                        "and r.external_id = ?3 and r.resource_key > ?4 order by r.resource_key \
                         limit ?5 offset ?6"
                    );
                    let value = Value::Text(value);
                    conn.some(sql, &[account, kind, value, after, limit, offset], resource, |resource| resource.doc.len())
                }
                Scan::SourceId { source, external_id } => {
                    // Index external_ids_of, then the primary key of resources.
                    let sql = select_resource!(
                        "and r.resource_key in (select e.resource_key from external_ids e where e.account_id = ?1 \
                         and e.source = ?3 and e.kind = 2 and e.external_id = ?4) and r.resource_key > ?5 \
                         order by r.resource_key limit ?6 offset ?7"
                    );
                    let (source, external_id) = (Value::Text(source), Value::Text(external_id));
                    conn.some(sql, &[account, kind, source, external_id, after, limit, offset], resource, |resource| resource.doc.len())
                }
                Scan::Modified(range) => {
                    // Index resources_modified.
                    let sql = if page.descending { by_change!("<", " desc") } else { by_change!(">", "") };
                    let bounds = Bounds::of_times(*range, page);
                    let [account, from, until, time, key, limit, offset] =
                        bounds.values(account, limit, offset);
                    conn.some(sql, &[account, kind, from, until, time, key, limit, offset], resource, |resource| resource.doc.len())
                }
                // They have neither names nor addresses.
                Scan::Names(_) | Scan::Email(_) => Ok(Vec::new()),
            }
        })
    }

    fn count_resources(&mut self, account: AccountId, kind: &str, scan: &Scan) -> Result<u64> {
        self.of(account, |conn| {
            let (account, kind) = (Value::Int(account.0), Value::Text(kind));
            let n = match scan {
                Scan::All => {
                    // Index resources_kind.
                    let sql = "select count(*) from resources where account_id = ?1 and kind = ?2";
                    conn.number(sql, &[account, kind])
                }
                Scan::ExternalId(value) => {
                    // Index resources_external_id.
                    let sql = "select count(*) from resources where account_id = ?1 and kind = ?2 \
                               and external_id = ?3";
                    conn.number(sql, &[account, kind, value.as_str().into()])
                }
                Scan::SourceId { source, external_id } => {
                    // Index external_ids_of, then the primary key of resources.
                    let sql = "select count(*) from external_ids e join resources r \
                               on r.account_id = e.account_id and r.resource_key = e.resource_key \
                               where e.account_id = ?1 and r.kind = ?2 and e.source = ?3 and e.kind = 2 \
                               and e.external_id = ?4";
                    conn.number(sql, &[account, kind, source.as_str().into(), external_id.as_str().into()])
                }
                Scan::Modified(range) => {
                    // Index resources_modified.
                    let sql = "select count(*) from resources where account_id = ?1 and kind = ?2 \
                               and modified_at >= ?3 and modified_at < ?4";
                    let (from, until) = (range.from.micros().into(), range.until.micros().into());
                    conn.number(sql, &[account, kind, from, until])
                }
                Scan::Names(_) | Scan::Email(_) => Ok(0),
            }?;
            loaded(n)
        })
    }

    fn value_rule(&mut self, kind: &str) -> Result<Option<String>> {
        // The primary key of value_rules.
        let sql = "select rule from value_rules where account_id = 0 and kind = ?1";
        self.of(AccountId(0), |conn| conn.first(sql, &[kind.into()], |row| Ok(row.text(0)?.to_owned())))
    }
}

impl<C: Conn> ResourceWrites for Session<C> {
    fn allocate_resource(&mut self, account: AccountId) -> Result<ResourceKey> {
        self.of(account, |conn| Ok(ResourceKey(conn.take_numbers(account.0, "resources", 1)?)))
    }

    fn insert_resource(&mut self, account: AccountId, resource: &Resource) -> Result<()> {
        let sql = "insert into resources (account_id, resource_key, kind, uuid, version, created_at, modified_at, \
                   external_id, doc) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        self.of(account, |conn| {
            conn.execute(sql, &values(account, resource))?;
            insert_values(conn, account, resource)
        })?;
        self.locks(|locks| {
            locks.found_resource(resource.key);
            Ok(())
        })
    }

    fn lock_resource(&mut self, account: AccountId, kind: &str, uuid: Uuid) -> Result<Option<Resource>> {
        // Index resources_uuid.
        const READ: &str = select_resource!("and r.uuid = ?3");
        let sql = C::DIALECT.locking(READ);
        self.locks(crate::locks::Locks::user)?;
        let values = [account.0.into(), kind.into(), uuid.as_bytes().as_slice().into()];
        let found = self.of(account, |conn| conn.first(&sql, &values, resource))?;
        if let Some(resource) = &found {
            self.locks(|locks| {
                locks.found_resource(resource.key);
                Ok(())
            })?;
        }
        Ok(found)
    }

    fn replace_resource(&mut self, account: AccountId, resource: &Resource) -> Result<()> {
        // The primary key of resources.
        let sql = "update resources set kind = ?3, uuid = ?4, version = ?5, created_at = ?6, modified_at = ?7, \
                   external_id = ?8, doc = ?9 where account_id = ?1 and resource_key = ?2";
        self.locks(|locks| locks.need_resource(resource.key))?;
        self.of(account, |conn| {
            conn.execute(sql, &values(account, resource))?;
            delete_values(conn, account, resource)?;
            insert_values(conn, account, resource)
        })
    }

    fn replace_values(&mut self, account: AccountId, resource: &Resource) -> Result<()> {
        self.locks(|locks| locks.need_resource(resource.key))?;
        self.of(account, |conn| {
            delete_values(conn, account, resource)?;
            insert_values(conn, account, resource)
        })
    }

    fn set_value_rule(&mut self, kind: &str, rule: &str) -> Result<()> {
        // The primary key of value_rules.
        let sql = "insert into value_rules (account_id, kind, rule) values (0, ?1, ?2) \
                   on conflict (account_id, kind) do update set rule = excluded.rule";
        self.of(AccountId(0), |conn| conn.execute(sql, &[kind.into(), rule.into()]).map(drop))
    }

    fn delete_resource(&mut self, account: AccountId, resource: &Resource) -> Result<()> {
        // The primary key of resources.
        let sql = "delete from resources where account_id = ?1 and resource_key = ?2";
        self.locks(|locks| locks.need_resource(resource.key))?;
        self.of(account, |conn| {
            conn.execute(sql, &[account.0.into(), resource.key.0.into()])?;
            sources::forget(conn, account, EntityKey::Resource(resource.key))?;
            delete_values(conn, account, resource)
        })
    }
}

/// The resource's values in the order of the columns.
fn values(account: AccountId, resource: &Resource) -> [Value<'_>; 9] {
    [
        Value::Int(account.0),
        Value::Int(resource.key.0),
        Value::Text(&resource.kind),
        Value::Blob(resource.uuid.as_bytes()),
        Value::Int(resource.version),
        Value::Int(resource.created_at.micros()),
        Value::Int(resource.modified_at.micros()),
        resource.external_id.as_deref().into(),
        Value::Text(&resource.doc),
    ]
}

fn insert_values<C: Conn>(conn: &mut C, account: AccountId, resource: &Resource) -> Outcome<()> {
    // Conflicts are found through the primary key of resource_values.
    let sql = "insert into resource_values (account_id, kind, attribute, value_key, resource_key) \
               values (?1, ?2, ?3, ?4, ?5) on conflict (account_id, kind, attribute, value_key) do nothing";
    for (attribute, key) in &resource.unique {
        let values = [
            Value::Int(account.0),
            Value::Text(&resource.kind),
            Value::Text(attribute),
            Value::Text(key),
            Value::Int(resource.key.0),
        ];
        if conn.execute(sql, &values)? == 0 {
            let detail = format!("another {} has this {attribute}", resource.kind);
            return Err(Fault::Refused(ScimError::uniqueness(detail).into()));
        }
    }
    Ok(())
}

fn delete_values<C: Conn>(conn: &mut C, account: AccountId, resource: &Resource) -> Outcome<()> {
    // Index resource_values_of.
    let sql = "delete from resource_values where account_id = ?1 and resource_key = ?2";
    conn.execute(sql, &[account.0.into(), resource.key.0.into()]).map(drop)
}
