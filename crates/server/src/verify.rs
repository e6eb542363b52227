//! `throng verify`: whether the audit log is as it was written.

use throng_directory::ids::hex;
use throng_directory::{Caller, Settings};
use throng_scim::Registry;

use crate::cli::Verify;
use crate::config::{Config, Secret};
use crate::manage::print;
use crate::{Failure, wire};

/// Follows the chain of every account, and says where it ends: whoever keeps that elsewhere can tell later whether a log
/// was written anew as a whole.
///
/// # Errors
/// A log that is not as it was written, a store that cannot be opened.
pub async fn run(options: Verify) -> Result<(), Failure> {
    let mut config = Config::load(None)?;
    match (options.data, options.database) {
        (Some(data), _) if !data.is_dir() => {
            return Err(format!("there is no data directory {}", data.display()).into());
        }
        (Some(data), _) => (config.data, config.database.url) = (data, None),
        (None, Some(url)) => config.database.url = Some(Secret(url)),
        (None, None) if config.database.url.is_some() => {}
        (None, None) => return Err("give --data DIR or --database URL".into()),
    }
    let directory = wire::open(&config.place()?, Settings::default(), Registry::standard())?;
    directory.number_audit().await?;
    let mut is_sound = true;
    for (account, checked) in directory.check_audit(&Caller::operator()).await? {
        let name = if account.is_empty() { "(operator)" } else { &account };
        let (rows, head) = (checked.rows, checked.head);
        print(&format!("{name}: {rows} rows, {} to {}, {}", head.kept_seq + 1, head.seq, hex(&head.hash)))?;
        for finding in checked.findings {
            is_sound = false;
            print(&format!("{name}: {finding}"))?;
        }
    }
    if is_sound { Ok(()) } else { Err("the audit log is not as it was written".into()) }
}
