//! Bench: GET of a user, against an HTTP server that only answers.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::bench::{Base, Bench};
use crate::clock::Watch;
use crate::connection::{Connection, Request};
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::server::Server;
use crate::stats::{float, median};
use crate::{Failure, Outcome};

/// Connections, each with one request at a time.
const CONNECTIONS: usize = 8;
/// Users who are asked for.
const USERS: usize = 20_000;

/// Reads by id and by userName on both servers, in turn.
///
/// # Errors
/// An answer other than 200.
pub fn run(bench: &Bench, base: &Base, report: &mut Report) -> Outcome {
    let server = bench.serve(base)?;
    let order = base.people.random_order(13);
    let some = &order[..USERS.min(order.len())];
    let get = |path: String| Request::get(&path, &server.token).bytes();
    let by_id: Vec<_> =
        some.iter().map(|at| get(format!("/scim/v2/Users/{}", base.people.ids[*at]))).collect();
    let by_name = some.iter().map(|at| get(filtered(&base.people.names[*at])));
    let by_name: Vec<_> = by_name.collect();

    let bodies = bench.root.join("bodies");
    std::fs::create_dir_all(&bodies)?;
    std::fs::write(bodies.join("user.json"), body(&server, &by_id[0])?)?;
    let list = body(&server, &by_name[0])?;
    if !String::from_utf8_lossy(&list).contains("\"totalResults\":1") {
        return Err("a search for a userName does not find one user".into());
    }
    std::fs::write(bodies.join("list.json"), list)?;
    let limit = Server::bare(&bodies)?;

    let mut section = Section::new(format!("GET of a user, {CONNECTIONS} connections"));
    let time = Duration::from_millis(u64::try_from(bench.sized(4_000, 500))?);
    for (what, requests) in [("by id", &by_id), ("by userName eq", &by_name)] {
        let (mut ours, mut limits, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=bench.rounds {
            progress(&format!("GET {what}, round {number} of {}", bench.rounds));
            let our = rate(server.address, requests, time)?;
            let most = rate(limit.address, requests, time)?;
            ours.push(our);
            limits.push(most);
            ratios.push(our / most);
        }
        section.figure(format!("{what}: requests/s"), grouped(median(&ours)));
        section.figure(format!("{what}: bare axum, the same bytes"), grouped(median(&limits)));
        let ratio = median(&ratios);
        let text = format!("{ratio:.2}");
        section.aim(format!("{what}: share of bare axum"), text, "≥ 0.4", Verdict::at_least(ratio, 0.4));
    }
    section.peak(server.peak_bytes()?);
    report.section(&section)?;
    server.stop()
}

fn filtered(name: &str) -> String {
    format!("/scim/v2/Users?filter=userName%20eq%20%22{}%22", name.replace('@', "%40"))
}

fn body(server: &Server, request: &[u8]) -> Outcome<Vec<u8>> {
    let mut connection = server.connect()?;
    let status = connection.exchange(request)?;
    connection.expect(status, 200)?;
    Ok(connection.body().to_vec())
}

/// Requests that are answered in a second.
fn rate(address: SocketAddr, requests: &[Vec<u8>], time: Duration) -> Outcome<f64> {
    let next = AtomicUsize::new(0);
    let watch = Watch::start();
    let counts: Vec<Outcome<usize>> = thread::scope(|scope| {
        let read = || {
            let mut connection = Connection::open(address)?;
            let mut count = 0;
            while watch.elapsed() < time {
                let request = &requests[next.fetch_add(1, Ordering::Relaxed) % requests.len()];
                let status = connection.exchange(request)?;
                connection.expect(status, 200)?;
                count += 1;
            }
            Ok(count)
        };
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(read)).collect();
        let panicked = |_| Err(Failure::from("a reading thread panicked"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
    });
    let seconds = watch.seconds();
    let total: usize = counts.into_iter().sum::<Outcome<usize>>()?;
    Ok(float(total) / seconds)
}
