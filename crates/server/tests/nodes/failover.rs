//! The primary dies under load, its synchronous standby takes its place, and the dead one comes back.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use serde_json::json;
use throng_cluster::Cluster;

use crate::DATABASE;
use crate::nodes::arena::Arena;
use crate::nodes::client::Client;
use crate::nodes::figures::Spread;
use crate::nodes::fleet::Fleet;
use crate::nodes::load::Load;
use crate::nodes::node::{Kind, Start, health};
use crate::nodes::world::{World, until};
use crate::support::http::{self, Request};
use crate::support::random::Random;

/// Nodes write again so soon after the new primary does.
const OUTAGE_MAX: Duration = Duration::from_secs(10);
/// Nodes look this often at how durable the database is, and a little more.
const LEVEL_MAX: Duration = Duration::from_secs(15);
/// How long clients are at work before and after a failover.
const WORK: Duration = Duration::from_secs(2);
/// How long the new primary must be written to while the old one is there, too.
const BESIDE: Duration = Duration::from_secs(4);
const WRITE_EVERY: Duration = Duration::from_millis(20);
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// The node that writes only where every commit survives the loss of a node.
const STRICT: usize = 2;

/// What happened.
#[derive(Default)]
pub struct Failovers {
    /// From the promotion to the first write that was accepted.
    pub outages: Vec<Duration>,
}

impl std::fmt::Display for Failovers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} failovers, first write {} after promotion", self.outages.len(), Spread(&self.outages))
    }
}

/// A primary with a synchronous standby, and the database on both.
pub struct Pair {
    pub primary: Cluster,
    standby: Cluster,
}

impl Pair {
    /// Gives a primary a standby, for which every commit waits.
    pub fn of(primary: Cluster) -> Self {
        let standby = primary.standby("follower").unwrap();
        primary.make_synchronous("follower").unwrap();
        Self { primary, standby }
    }

    /// Where nodes find whichever of the two can be written to.
    pub fn url(&self) -> String {
        let url = self.primary.url(DATABASE);
        let both = format!("127.0.0.1:{},127.0.0.1:{}", self.primary.port(), self.standby.port());
        let url = url.replace(&format!("127.0.0.1:{}", self.primary.port()), &both);
        format!("{url}?target_session_attrs=read-write")
    }
}

/// Nodes on a pair, and clients at work.
pub struct Stage<'a, 's, 'e> {
    pub world: &'a World,
    pub fleet: Fleet<'a>,
    pub client: Client<'a>,
    pub load: &'s Load,
    pub scope: &'s Scope<'s, 'e>,
    pub random: Random,
}

impl<'a, 's> Stage<'a, 's, '_>
where
    'a: 's,
{
    /// One failover; the new primary, which has no standby.
    pub fn fail_over(&mut self, pair: Pair, failovers: &mut Failovers) -> Cluster {
        let Pair { mut primary, mut standby } = pair;
        thread::sleep(WORK);
        let writer = Writer::start(self.scope, self.world, &mut self.random);
        thread::sleep(WRITE_EVERY * 10);
        primary.kill().unwrap();
        thread::sleep(Duration::from_millis(300));
        standby.promote().unwrap();
        let promoted = Instant::now();
        let written = writer.first_after(promoted);
        let outage = written - promoted;
        assert!(outage <= OUTAGE_MAX, "the first write came {outage:?} after the promotion");
        failovers.outages.push(outage);
        thread::sleep(WORK);
        self.bring_back(&mut primary, &writer);
        standby
    }

    /// The old primary comes back, and can be written to: nodes must not, and must go on where they are, also one that
    /// has only just been started.
    fn bring_back(&mut self, old: &mut Cluster, writer: &Writer) {
        old.restart().unwrap();
        // Alone, its commits wait for nobody.
        old.make_synchronous("").unwrap();
        let before = old.sql(DATABASE, WRITTEN).unwrap();
        let start = self.fleet.node(0).start.clone();
        self.fleet.node(0).signal("TERM");
        assert!(self.fleet.bury(0).success());
        self.fleet.start(0, &start);
        let since = Instant::now();
        while since.elapsed() < BESIDE {
            let looked = Instant::now();
            let written = writer.first_after(looked);
            assert!(written - looked < OUTAGE_MAX, "nothing is written beside the old primary");
            thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(old.sql(DATABASE, WRITTEN).unwrap(), before, "the old primary was written to");
        old.stop().unwrap();
    }

    /// Restarts the nodes on another pair.
    pub fn move_to(&mut self, pair: &Pair) {
        let url = pair.url();
        for at in 0..=STRICT {
            self.fleet.node(at).signal("TERM");
            assert!(self.fleet.bury(at).success());
            self.fleet.start(at, &Start { kind: Kind::Whole, url: url.clone(), point: None, require: None });
        }
    }

    /// Another round, so that what nobody knows of this one does not blur it.
    pub fn next_arena(&mut self, number: usize) -> Arc<Arena> {
        let arena = Arc::new(Arena::open(&mut self.client, number));
        self.load.turn_to(Arc::clone(&arena));
        arena
    }
}

/// What changes with everything that clients and workers write.
const WRITTEN: &str = "select (select count(*) || ' ' || sum(version) from throng.users), \
                       (select count(*) || ' ' || sum(processed) from throng.jobs), \
                       (select sum(version) from throng.groups)";

/// Somebody who writes all the time, and notes when it was accepted.
struct Writer {
    stop: Arc<AtomicBool>,
    accepted: Arc<Mutex<Vec<Instant>>>,
}

impl Writer {
    fn start<'s, 'a: 's>(scope: &'s Scope<'s, '_>, world: &'a World, random: &mut Random) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let accepted = Arc::new(Mutex::new(Vec::new()));
        let (told, notes) = (Arc::clone(&stop), Arc::clone(&accepted));
        let mut client = Client::new(world, 101, Random::new(random.next()));
        scope.spawn(move || {
            while !told.load(Ordering::Relaxed) {
                let node = client.node();
                let name = format!("failover.{}@example.org", world.next());
                let asked = Instant::now();
                if client.create_user(node, &name).is_some() {
                    notes.lock().unwrap().push(asked);
                }
                thread::sleep(WRITE_EVERY);
            }
        });
        Self { stop, accepted }
    }

    /// When a write was first accepted that was asked for after `since`.
    fn first_after(&self, since: Instant) -> Instant {
        until(OUTAGE_MAX * 2, "an accepted write", || {
            let accepted = self.accepted.lock().unwrap();
            accepted.iter().copied().find(|asked| *asked >= since)
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Starts three nodes on a pair; the last one demands that every commit survives the loss of a node.
pub fn start_nodes(fleet: &mut Fleet<'_>, url: &str) {
    for at in 0..=STRICT {
        let require = (at == STRICT).then_some("node-loss");
        fleet.start(at, &Start { kind: Kind::Whole, url: url.to_owned(), point: None, require });
    }
}

/// What nodes say of the durability is true, and the strict one writes only while it is what it demands. In the end it
/// is replaced by one that is not strict: after a failover there is no second standby.
pub fn check_levels(fleet: &mut Fleet<'_>, pair: &Pair, token: &str) {
    let strict = fleet.node(STRICT).address.unwrap();
    let lenient = fleet.node(0).address.unwrap();
    until(LEVEL_MAX, "node-loss", || {
        (level(strict) == "node-loss" && level(lenient) == "node-loss").then_some(())
    });
    assert_eq!(write(strict, token, "strict.1@example.org"), 201);
    pair.primary.make_synchronous("").unwrap();
    until(LEVEL_MAX, "power-loss", || {
        (level(strict) == "power-loss" && level(lenient) == "power-loss").then_some(())
    });
    assert_eq!(write(strict, token, "strict.2@example.org"), 503);
    assert_eq!(write(lenient, token, "strict.2@example.org"), 201);
    pair.primary.make_synchronous("follower").unwrap();
    until(LEVEL_MAX, "node-loss again", || (level(strict) == "node-loss").then_some(()));
    assert_eq!(write(strict, token, "strict.3@example.org"), 201);
    let start = Start { require: None, ..fleet.node(STRICT).start.clone() };
    fleet.node(STRICT).signal("TERM");
    assert!(fleet.bury(STRICT).success());
    fleet.start(STRICT, &start);
}

fn level(node: SocketAddr) -> String {
    health(node).unwrap()["durability"].as_str().unwrap().to_owned()
}

/// Makes a user, outside of the history; the status.
fn write(node: SocketAddr, token: &str, name: &str) -> u16 {
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    let body = json!({ "schemas": schemas, "userName": name }).to_string();
    let headers = vec![("authorization", token), ("content-type", "application/scim+json")];
    let request = Request { method: "POST", path: "/scim/v2/Users", headers, body: body.as_bytes() };
    http::send(node, &request, SILENCE_MAX).unwrap().status
}
