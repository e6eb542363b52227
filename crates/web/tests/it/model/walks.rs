//! Walks by cursor while others create, rename and delete: whoever is there throughout is shown once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use throng_backends::Fresh;
use throng_directory::{Clock, Settings};
use throng_scim::Registry;
use tokio::sync::watch;

use crate::house::{Call, House};

/// Of each kind: how many stay, and how many more are there at first and go.
const STAYING: usize = 40;
const WALKS: usize = 4;
const COUNT: usize = 7;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn walks_miss_nobody_on_sqlite() {
    walks_miss_nobody(throng_backends::sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn walks_miss_nobody_on_postgres() {
    walks_miss_nobody(|_| throng_backends::postgres()).await;
}

/// What there is.
struct Place {
    house: House,
    key: String,
    /// By kind, those who stay and those who go, made in turns.
    staying: BTreeMap<&'static str, Vec<String>>,
    going: BTreeMap<&'static str, Vec<String>>,
    /// The group that has all of them.
    group: String,
}

async fn walks_miss_nobody(
    store: impl FnOnce(Arc<dyn Clock>) -> Result<Fresh, Box<dyn std::error::Error + Send + Sync>>,
) {
    let house = House::on(store, Settings::default(), Registry::standard()).await;
    let place = Place::furnished(house).await;
    let (done, stop) = watch::channel(false);
    let (written, writes) = watch::channel(0u64);
    let members = format!("/Groups/{}/members", place.group);
    let walking = async {
        tokio::join!(
            place.walk("/Users", None, "/Users", writes.clone()),
            place.walk("/Users", Some("active eq true or not (active eq true)"), "/Users", writes.clone()),
            place.walk("/Groups", None, "/Groups", writes.clone()),
            place.walk("/Users", Some("groups.value eq"), "/Users", writes.clone()),
            place.walk(&members, None, "/Users", writes.clone()),
        );
        done.send(true).unwrap();
    };
    tokio::join!(
        walking,
        place.disturb("/Users", "userName", &written, stop.clone()),
        place.disturb("/Groups", "displayName", &written, stop.clone()),
        place.come_and_go(&written, stop.clone()),
    );
    place.house.stop().await;
}

impl Place {
    async fn furnished(house: House) -> Self {
        let key = house.admin().await;
        let (staying, going) = (BTreeMap::new(), BTreeMap::new());
        let mut place = Self { house, key, staying, going, group: String::new() };
        for (endpoint, name) in [("/Users", "userName"), ("/Groups", "displayName")] {
            for n in 0..STAYING {
                let staying = place.create(endpoint, name, &format!("staying {n}")).await;
                place.staying.entry(endpoint).or_default().push(staying);
                let going = place.create(endpoint, name, &format!("going {n}")).await;
                place.going.entry(endpoint).or_default().push(going);
            }
        }
        place.group = place.create("/Groups", "displayName", "everybody").await;
        let all: Vec<&String> =
            [&place.staying, &place.going].iter().flat_map(|all| &all["/Users"]).collect();
        place.members("add", &all).await;
        place
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let call = Call::new(method, &format!("/scim/v2{path}")).key(&self.key);
        let call = if body.is_null() { call } else { call.json(body) };
        let answer = self.house.send(call).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", String::from_utf8_lossy(&answer.body));
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    async fn create(&self, endpoint: &str, name: &str, text: &str) -> String {
        // No spaces in logins.
        let text = if name == "userName" { text.replace(' ', "-") } else { text.to_owned() };
        let made = self.send("POST", endpoint, &json!({ (name): text })).await;
        made["id"].as_str().unwrap().to_owned()
    }

    async fn members(&self, op: &str, ids: &[&String]) {
        let values: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "Operations": [{ "op": op, "path": "members", "value": values }] });
        self.send("PATCH", &format!("/Groups/{}", self.group), &body).await;
    }

    /// Creates, renames those who stay and deletes the others, until it is told to stop.
    async fn disturb(
        &self,
        endpoint: &str,
        name: &str,
        written: &watch::Sender<u64>,
        stop: watch::Receiver<bool>,
    ) {
        let mut going = self.going[endpoint].clone();
        let mut n = 0;
        while !*stop.borrow() {
            let staying = &self.staying[endpoint][n * 17 % STAYING];
            let renamed = format!("renamed-{}-{n}", ["a", "m", "z"][n % 3]);
            let rename = json!({ "Operations": [{ "op": "replace", "path": name, "value": renamed }] });
            self.send("PATCH", &format!("{endpoint}/{staying}"), &rename).await;
            let made = self.create(endpoint, name, &format!("new {n}")).await;
            if endpoint == "/Users" {
                self.members("add", &[&made]).await;
            }
            going.push(made);
            let gone = going.swap_remove(n * 7 % going.len());
            self.send("DELETE", &format!("{endpoint}/{gone}"), &Value::Null).await;
            written.send_modify(|n| *n += 1);
            n += 1;
        }
    }

    /// Somebody joins the group and leaves it again.
    async fn come_and_go(&self, written: &watch::Sender<u64>, stop: watch::Receiver<bool>) {
        let passing = self.create("/Users", "userName", "passing").await;
        while !*stop.borrow() {
            for op in ["add", "remove"] {
                self.members(op, &[&passing]).await;
                written.send_modify(|n| *n += 1);
            }
        }
    }

    /// Walks again and again, with a write of others after every page.
    async fn walk(&self, path: &str, filter: Option<&str>, endpoint: &str, mut writes: watch::Receiver<u64>) {
        let filter = match filter {
            Some("groups.value eq") => Some(format!("groups.value eq \"{}\"", self.group)),
            other => other.map(str::to_owned),
        };
        let filter = filter.map_or(String::new(), |filter| {
            format!("&filter={}", filter.replace(' ', "%20").replace('"', "%22"))
        });
        for _ in 0..WALKS {
            let (mut shown, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
            loop {
                let page = format!("{path}?count={COUNT}&cursor={cursor}{filter}");
                let page = self.send("GET", &page, &Value::Null).await;
                let found = page["Resources"].as_array().unwrap();
                shown.extend(
                    found.iter().map(|one| one["id"].as_str().or(one["value"].as_str()).unwrap().to_owned()),
                );
                pages += 1;
                let Some(next) = page["nextCursor"].as_str() else { break };
                next.clone_into(&mut cursor);
                writes.changed().await.unwrap();
            }
            assert!(pages >= STAYING / COUNT, "{path}{filter}: {pages} pages");
            let distinct: BTreeSet<&String> = shown.iter().collect();
            assert_eq!(distinct.len(), shown.len(), "{path}{filter}: somebody was shown twice");
            let missing: Vec<&String> =
                self.staying[endpoint].iter().filter(|id| !distinct.contains(id)).collect();
            assert!(missing.is_empty(), "{path}{filter}: {missing:?} are missing");
        }
    }
}
