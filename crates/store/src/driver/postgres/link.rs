//! One connection: its transaction and its statements.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::join;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row, Statement};

use super::failure::{Failure, Trouble};
use super::value::Param;
use super::wire::Wire;
use crate::conn::{Flow, Scope, Value};
use crate::dialect::numbered;
use crate::fault::{Fault, Outcome};

/// How long an answer may take: longer than the server lets a statement run.
pub const ANSWER_MAX: Duration = Duration::from_secs(35);
/// Statements that a connection keeps prepared; the repositories have fewer.
const STATEMENTS_MAX: usize = 1_000;
/// Says whose rows a transaction touches, until it ends.
pub const ENTER: &str = "select set_config('throng.account', $1, true)";

/// How transactions begin.
#[derive(Clone, Debug)]
pub struct Begins {
    /// Those that write.
    pub write: String,
    /// Those that read one snapshot.
    pub read: String,
}

/// Which transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It may write, and sees what others commit meanwhile.
    Write,
    /// It reads one snapshot.
    Read,
}

/// What became of a commit.
#[derive(Debug)]
pub enum Committed {
    /// It is as durable as the database makes commits.
    Done,
    /// Nothing of the transaction happened.
    Undone(Fault),
    /// Nobody knows.
    Unknown(String),
}

/// What requests are made with.
pub struct Remote {
    /// Makes them.
    pub client: Client,
    /// How transactions begin.
    pub begins: Begins,
    /// [`ENTER`], prepared. None where nothing stays prepared: behind a pooler, which changes the session below.
    pub enter: Option<Statement>,
}

/// One connection.
pub struct Link {
    wire: Wire,
    remote: Remote,
    /// By their text as the repositories have it.
    statements: HashMap<String, Statement>,
    /// What [`Link::parameter_types`] found, by the text.
    types: HashMap<String, Vec<Type>>,
    /// The transaction that the next statement begins, if none is open.
    wanted: Kind,
    open: bool,
    /// Whose rows come next, and whose the server was told.
    scope: Option<Scope>,
    told: Option<Scope>,
    trouble: Option<Trouble>,
    /// The number of the server's process; behind a pooler of one of them.
    pub process: i64,
    /// How long an answer may take.
    pub answer_max: Duration,
}

impl Link {
    /// A connection that is ready for transactions.
    pub fn new(wire: Wire, remote: Remote) -> Self {
        Self {
            wire,
            remote,
            statements: HashMap::new(),
            types: HashMap::new(),
            wanted: Kind::Write,
            open: false,
            scope: None,
            told: None,
            trouble: None,
            process: 0,
            answer_max: ANSWER_MAX,
        }
    }

    /// Makes the next statement the first of a transaction.
    pub const fn begin(&mut self, kind: Kind) {
        self.wanted = kind;
        self.scope = None;
        self.trouble = None;
    }

    /// Says whose rows the next statements touch.
    pub const fn enter(&mut self, scope: Scope) {
        self.scope = Some(scope);
    }

    /// What stands in the way of the transaction.
    pub fn trouble(&self) -> Option<Trouble> {
        if self.wire.has_ended() { Some(Trouble::Lost) } else { self.trouble }
    }

    /// Runs a statement and shows its rows to `each` until it has enough; how many rows it changed or found.
    pub fn run(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut each: impl FnMut(Row) -> Outcome<Flow>,
    ) -> Outcome<u64> {
        let statement = self.statement(sql, params)?;
        let text = if statement.is_none() { numbered(sql) } else { String::new() };
        let client = &self.remote.client;
        let work = async {
            let rows = match &statement {
                Some(statement) => client.query_raw(statement, params).await?,
                None => client.query_typed_raw(&text, params.iter().map(|p| (p, p.kind()))).await?,
            };
            let mut rows = pin!(rows);
            let mut outcome = Ok(Flow::More);
            // All rows are taken from the wire: an error may follow the last one that is wanted.
            while let Some(row) = rows.try_next().await? {
                if matches!(outcome, Ok(Flow::More)) {
                    outcome = each(row);
                }
            }
            let changed = rows.rows_affected().unwrap_or(0);
            Ok(outcome.map(|_| changed))
        };
        let untold = self.scope.filter(|_| self.scope != self.told);
        let prelude = self.remote.prelude(self.begin_now(), untold);
        let result = self.wire.run(self.answer_max, together(prelude.send(), work));
        self.told = self.scope;
        self.settle(result)?
    }

    /// The types that the server finds for the parameters of a statement; asked once.
    pub fn parameter_types(&mut self, sql: &str) -> Outcome<Vec<Type>> {
        if let Some(types) = self.types.get(sql) {
            return Ok(types.clone());
        }
        let text = numbered(sql);
        let work = async { Ok(self.remote.client.prepare(&text).await?.params().to_vec()) };
        let prelude = self.remote.prelude(self.begin_now(), None);
        let result = self.wire.run(self.answer_max, together(prelude.send(), work));
        let types = self.settle(result)?;
        self.types.insert(sql.to_owned(), types.clone());
        Ok(types)
    }

    /// Runs statements that take no values and whose rows nobody wants, in the transaction if one is open.
    pub fn batch(&mut self, sql: &str) -> Result<(), Failure> {
        Ok(self.wire.run(self.answer_max, self.remote.client.batch_execute(sql))??)
    }

    /// Refuses to go back to a savepoint where that does not help: the connection is lost, or another transaction was
    /// met, and the whole has to run again.
    pub fn recover(&self) -> Outcome<()> {
        match self.trouble() {
            None | Some(Trouble::Failed) => Ok(()),
            Some(Trouble::Lost) => Err(Fault::Busy("the connection to the database is lost".to_owned())),
            Some(Trouble::Conflict) => Err(Fault::Busy("it met another transaction".to_owned())),
        }
    }

    /// Notes that the transaction is back at a savepoint: what failed since is undone, and so is what the server was told
    /// of whose rows come.
    pub const fn recovered(&mut self) {
        self.trouble = None;
        self.told = None;
    }

    /// Commits. A transaction without statements needs no commit.
    pub fn commit(&mut self) -> Committed {
        if !self.open {
            return Committed::Done;
        }
        if let Some(trouble) = self.trouble() {
            self.roll_back();
            return Committed::Undone(match trouble {
                Trouble::Lost | Trouble::Conflict => {
                    Fault::Busy("the connection to the database is lost".to_owned())
                }
                Trouble::Failed => Fault::Defect("a failed transaction was to be committed".to_owned()),
            });
        }
        self.wire.take_warnings();
        let result = self.wire.run(self.answer_max, self.remote.client.batch_execute("commit"));
        self.over();
        match result.and_then(|committed| Ok(committed?)) {
            // A commit is silent unless its wait for the standby was broken off.
            Ok(()) => match self.wire.take_warnings().pop() {
                None => Committed::Done,
                Some(warning) => Committed::Unknown(warning),
            },
            Err(failure) => {
                self.trouble = Some(failure.trouble());
                if failure.undoes_commit() {
                    return Committed::Undone(failure.fault());
                }
                self.trouble = Some(Trouble::Lost);
                Committed::Unknown(format!("{:?}", failure.fault()))
            }
        }
    }

    /// Ends the transaction without effects. Its answer is not waited for: nothing depends on it.
    pub fn roll_back(&mut self) {
        self.end("rollback");
    }

    /// Ends a transaction that only read. Its answer is not waited for: nothing depends on it.
    pub fn end_read(&mut self) {
        self.end("commit");
    }

    /// The connection's carrying half, to wait for notifications.
    pub const fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    /// Makes the connection unusable.
    pub const fn doom(&mut self) {
        self.trouble = Some(Trouble::Lost);
    }

    fn end(&mut self, sql: &'static str) {
        if self.open && !self.wire.has_ended() {
            self.wire.send(self.remote.client.batch_execute(sql));
        }
        self.over();
    }

    const fn over(&mut self) {
        self.open = false;
        self.told = None;
        self.scope = None;
    }

    /// The prepared statement of a text, prepared now if it is new. None where nothing stays prepared.
    fn statement(&mut self, sql: &str, params: &[Param<'_>]) -> Outcome<Option<Statement>> {
        if self.remote.enter.is_none() {
            return Ok(None);
        }
        if let Some(statement) = self.statements.get(sql) {
            return Ok(Some(statement.clone()));
        }
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        let text = numbered(sql);
        let types: Vec<Type> = params.iter().map(Param::kind).collect();
        let work = self.remote.client.prepare_typed(&text, &types);
        let prelude = self.remote.prelude(self.begin_now(), None);
        let result = self.wire.run(self.answer_max, together(prelude.send(), work));
        let statement = self.settle(result)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(Some(statement))
    }

    fn begin_now(&self) -> Option<Kind> {
        (!self.open).then_some(self.wanted)
    }

    /// Notes what a statement did to the transaction.
    fn settle<T>(&mut self, result: Result<Result<T, Error>, Failure>) -> Outcome<T> {
        self.open = true;
        result.and_then(|result| Ok(result?)).map_err(|failure| {
            self.trouble = Some(failure.trouble());
            failure.fault()
        })
    }
}

impl Remote {
    fn prelude(&self, begin: Option<Kind>, scope: Option<Scope>) -> Prelude<'_> {
        Prelude {
            client: &self.client,
            begin: begin.map(|kind| match kind {
                Kind::Write => self.begins.write.as_str(),
                Kind::Read => self.begins.read.as_str(),
            }),
            scope: scope.map(|scope| match scope {
                Scope::Account(account) => account.to_string(),
                Scope::Everywhere => "everywhere".to_owned(),
            }),
            enter: self.enter.as_ref(),
        }
    }
}

/// What goes before a statement, together with it.
struct Prelude<'a> {
    client: &'a Client,
    /// How the transaction begins, if it is not open.
    begin: Option<&'a str>,
    /// Whose rows come, if the server does not know yet.
    scope: Option<String>,
    enter: Option<&'a Statement>,
}

impl Prelude<'_> {
    async fn send(&self) -> Result<(), Error> {
        let begin = async {
            match self.begin {
                Some(sql) => self.client.batch_execute(sql).await,
                None => Ok(()),
            }
        };
        let (transaction, scope) = join(begin, self.enter()).await;
        transaction.and(scope)
    }

    async fn enter(&self) -> Result<(), Error> {
        let Some(scope) = &self.scope else { return Ok(()) };
        let scope = Param::One(Value::Text(scope));
        match self.enter {
            Some(statement) => self.client.execute_raw(statement, [&scope]).await?,
            None => self.client.execute_typed(ENTER, &[(&scope, Type::TEXT)]).await?,
        };
        Ok(())
    }
}

/// Sends both at once; the first failure is what both failed with.
async fn together<T>(
    first: impl Future<Output = Result<(), Error>>,
    second: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let (first, second) = join(first, second).await;
    first?;
    second
}
