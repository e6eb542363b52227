//! Bench: an upload of people.

use futures_util::TryStreamExt;
use uuid::Uuid;

use super::Base;
use super::database::{Database, Server as Postgres};
use super::link::Link;
use super::road::{self, ROADS, Road};
use crate::Outcome;
use crate::bench::Bench;
use crate::import::{Import, evenness, speed, title, upload};
use crate::options::Name;
use crate::people::{Emails, csv};
use crate::raw::{EmailRow, PasswordRow, Rows, UserRow};
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::stats::{float, median};

/// An import and the same rows by both roads, in the same minutes; seconds.
#[derive(Clone, Copy, Debug)]
struct Trial {
    import: Import,
    copy: f64,
    unnest: f64,
}

impl Trial {
    /// The faster road, as a share of the product's time.
    fn ratio(&self) -> f64 {
        self.copy.min(self.unnest) / self.import.done
    }
}

/// Imports everybody, as often as asked; the last import is the base of the other benches.
///
/// # Errors
/// An import that fails or loses somebody.
pub fn run(bench: &Bench, postgres: &Postgres, report: &mut Report) -> Outcome<Base> {
    if !bench.wants(Name::Import) {
        progress("importing the people");
        return Ok(round(bench, postgres, &csv(bench.people, Emails::Login), Emails::Login, 1)?.1);
    }
    let mut base = None;
    for emails in [Emails::Random, Emails::Login] {
        let file = csv(bench.people, emails);
        let mut trials = Vec::new();
        for number in 1..=bench.rounds {
            progress(&format!("import, e-mails {emails:?}, round {number} of {}", bench.rounds));
            // What the round before left makes room first.
            drop(base.take());
            let (trial, made) = round(bench, postgres, &file, emails, number)?;
            trials.push(trial);
            base = Some(made);
        }
        report.section(&section(bench, emails, file.len(), &trials))?;
    }
    base.ok_or_else(|| "the people are gone".into())
}

/// Both sides, each into a fresh database; which road goes first changes with each round.
fn round(
    bench: &Bench,
    postgres: &Postgres,
    file: &[u8],
    emails: Emails,
    number: usize,
) -> Outcome<(Trial, Base)> {
    let product = postgres.product(bench)?;
    postgres.settle(bench, &[&product.database])?;
    let server = product.serve(bench, "import")?;
    let import = upload(&server, file, bench.people)?;
    server.stop()?;
    let account = product.account()?;
    let rows = read(&product.database.link()?, account)?;
    if rows.users.len() != bench.people {
        return Err(format!("{} people were imported, not {}", rows.users.len(), bench.people).into());
    }
    let mut roads = ROADS;
    if number.is_multiple_of(2) {
        roads.reverse();
    }
    let (mut trial, mut kept) = (Trial { import, copy: 0.0, unnest: 0.0 }, None);
    for road in roads {
        let raw = postgres.raw(bench)?;
        postgres.settle(bench, &[&product.database, &raw])?;
        let seconds = road::write_people(&raw.link()?, road, &rows, emails == Emails::Login)?;
        match road {
            Road::Copy => trial.copy = seconds,
            Road::Unnest => trial.unnest = seconds,
        }
        kept = Some(raw);
    }
    let Trial { import: Import { accepted, done, cpu, .. }, copy, unnest } = trial;
    progress(&format!(
        "  accepted {accepted:.2} s, done {done:.2} s ({cpu:.2} s of the server's processor time), COPY {copy:.2} s, \
         unnest {unnest:.2} s"
    ));
    let raw: Database = kept.ok_or("no road")?;
    Ok((trial, Base { product, raw, people: rows.people(), account }))
}

/// What the product stored, in the order of its indexes.
///
/// # Errors
/// What the server says.
pub fn read(link: &Link, account: i64) -> Outcome<Rows> {
    // The policies apply to the owner, too.
    link.run(&format!("set throng.account = '{account}'"))?;
    let users = "select user_key, account_id, uuid, name_key, external_id, version, created_at, modified_at, \
                 email_keys, doc from users where account_id = $1 order by user_key";
    let emails =
        "select account_id, email_key, user_key from user_emails where account_id = $1 order by 1, 2, 3";
    let values = [account];
    let users = link.wait(async {
        let rows = link.client.query_raw(users, values).await?;
        rows.and_then(async |row| {
            Ok(UserRow {
                key: row.try_get(0)?,
                account: row.try_get(1)?,
                // The table lets no other length in.
                uuid: Uuid::from_slice(row.try_get(2)?).unwrap_or_default(),
                name_key: row.try_get(3)?,
                external_id: row.try_get(4)?,
                version: row.try_get(5)?,
                created_at: row.try_get(6)?,
                modified_at: row.try_get(7)?,
                email_keys: row.try_get(8)?,
                doc: row.try_get(9)?,
            })
        })
        .try_collect()
        .await
    })?;
    let emails = link.wait(async {
        let rows = link.client.query_raw(emails, values).await?;
        rows.and_then(async |row| {
            Ok(EmailRow { account: row.try_get(0)?, key: row.try_get(1)?, user: row.try_get(2)? })
        })
        .try_collect()
        .await
    })?;
    let passwords =
        "select account_id, user_key, hash, changed_at from passwords where account_id = $1 order by 1, 2";
    let passwords = link.wait(async {
        let rows = link.client.query_raw(passwords, values).await?;
        rows.and_then(async |row| {
            Ok(PasswordRow {
                account: row.try_get(0)?,
                user: row.try_get(1)?,
                hash: row.try_get(2)?,
                changed_at: row.try_get(3)?,
            })
        })
        .try_collect()
        .await
    })?;
    Ok(Rows { users, emails, passwords })
}

fn section(bench: &Bench, emails: Emails, bytes: usize, trials: &[Trial]) -> Section {
    let of = |pick: fn(&Trial) -> f64| median(&trials.iter().map(pick).collect::<Vec<_>>());
    let people = float(bench.people);
    let imports: Vec<Import> = trials.iter().map(|trial| trial.import).collect();
    let mut section = Section::new(title(bench.people, bytes, emails));
    speed(&mut section, people, &imports);
    for (road, seconds) in [(Road::Copy, of(|trial| trial.copy)), (Road::Unnest, of(|trial| trial.unnest))] {
        let what = format!("raw, {}: the same users and e-mails, sorted", road.name());
        section.figure(what, format!("{seconds:.2} s = {}/s", grouped(people / seconds)));
    }
    let ratio = of(Trial::ratio);
    let text = format!("{ratio:.2}");
    match emails {
        Emails::Login => {
            section.aim("speed, as a share of the faster raw", text, "≥ 0.4", Verdict::at_least(ratio, 0.4));
        }
        Emails::Random => {
            section.figure("speed, as a share of the faster raw", text);
            section.note("Raw writes all users, then all e-mails in their own order.");
        }
    }
    evenness(&mut section, &imports);
    section
}
