//! Passwords of the rows of a file: checked when a row is read, then sealed, ready hashes many as one.

use zeroize::Zeroizing;

use super::runs::Stage;
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, Ids};
use crate::model::passwords::ready::{self, ReadyPage};
use crate::model::passwords::seal::Sealer;
use crate::model::passwords::{Hash, Policy, Secret, SecretPage};
use crate::model::rows::{Fault, Row, RowPassword};
use crate::port::{Snapshot, StoreExt};

/// What passwords have to pass.
pub(super) struct Gate {
    policy: Policy,
    /// Without a key to seal them with they are dropped.
    can_seal: bool,
    is_dry: bool,
}

impl Gate {
    /// The gate of an account, as it stands now.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn of(directory: &Directory, account: AccountId, is_dry: bool) -> Result<Self> {
        let read = move |snapshot: &mut dyn Snapshot| snapshot.password_policy(account);
        let policy = directory.store.read_blocking(read)?;
        Ok(Self { policy, can_seal: directory.sealing.is_some(), is_dry })
    }

    /// Stages a row with the password that it gives. One that is refused fails its row.
    ///
    /// # Errors
    /// Those of [`Stage::push`].
    pub(super) fn push(&self, stage: &mut Stage<'_>, mut row: Row, given: Option<&str>) -> Result<()> {
        let Some(password) = given else { return stage.push(row) };
        if row.fault.is_some() {
            row.password = self.lost();
            return stage.push(row);
        }
        if !self.can_seal {
            row.password = RowPassword::Dropped;
            return stage.push(row);
        }
        match self.check(password, &row.key) {
            Err(why) => (row.fault, row.password) = (Some(Fault::Invalid(why)), self.lost()),
            // Nothing of it is kept, and nothing would be said of it.
            Ok(_) if self.is_dry => row.password = RowPassword::Apart,
            Ok(None) => return stage.push_ready(row, password),
            Ok(Some(password)) => return stage.push_clear(row, &password),
        }
        stage.push(row)
    }

    /// What became of the password of a row that fails before it is worked.
    const fn lost(&self) -> RowPassword {
        if self.is_dry { RowPassword::None } else { RowPassword::Gone }
    }

    /// The password, if it is in clear text; what is wrong with it.
    fn check(&self, text: &str, login_key: &str) -> std::result::Result<Option<Secret>, String> {
        if Hash::is_ready(text)? {
            return Ok(None);
        }
        let password = Secret::new(text.to_owned());
        self.policy.meets(&password)?;
        self.policy.meets_login(&password, login_key)?;
        Ok(Some(password))
    }
}

/// Ready hashes of the rows of the run that is open.
#[derive(Default)]
pub(super) struct Ready {
    texts: Zeroizing<String>,
    /// Where the hash of each row begins and ends; no row behind the last that has one.
    spans: Vec<(u32, u32)>,
    has_any: bool,
}

impl Ready {
    /// Takes the hash of the row at this place of the run, behind the others.
    pub(super) fn push(&mut self, at: usize, hash: &str) {
        // A run has far less than 4 GiB of them.
        let end = |texts: &str| u32::try_from(texts.len()).unwrap_or(u32::MAX);
        self.spans.resize(at, (0, 0));
        let begin = end(&self.texts);
        self.texts.push_str(hash);
        self.spans.push((begin, end(&self.texts)));
        self.has_any = true;
    }

    /// Whether no row of this run has one.
    pub(super) const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether any row had one.
    pub(super) const fn has_any(&self) -> bool {
        self.has_any
    }

    /// Packs and seals them in the order of these places of the run, each with its place in the file, and forgets them.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(super) fn seal(
        &mut self,
        run: u32,
        places: impl Iterator<Item = (usize, u32)>,
        (sealer, ids): (&Sealer, &Ids),
    ) -> Result<Vec<SecretPage>> {
        let (mut pages, mut page, mut number) = (Vec::new(), ReadyPage::default(), ready::first_page(run)?);
        for (at, position) in places {
            let span = self.spans.get(at).map(|(begin, end)| *begin as usize..*end as usize);
            let hash = span.and_then(|span| self.texts.get(span)).filter(|hash| !hash.is_empty());
            if hash.is_some_and(|hash| page.push(position, hash)) {
                pages.push(page.seal(number, sealer, ids)?);
                number += 1;
            }
        }
        if !page.is_empty() {
            pages.push(page.seal(number, sealer, ids)?);
        }
        self.texts.clear();
        self.spans.clear();
        Ok(pages)
    }
}
