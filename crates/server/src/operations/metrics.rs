//! The numbers as Prometheus reads them. Source: the text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use throng_directory::State;
use throng_directory::use_cases::figures::Figures as Store;
use throng_web::{Requests, STRETCHES_MS};

use crate::listen::Figures as Connections;

/// The states of jobs that have not ended.
const OPEN: [State; 4] = [State::Pending, State::InProgress, State::AwaitingApproval, State::AbortInProgress];

/// A text that grows by one metric after the other.
#[derive(Default)]
struct Page(String);

impl Page {
    /// Begins a metric.
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One of its values. No label has a character that has to be escaped.
    fn value(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.metric(name, kind, help);
        self.value(name, "", value);
    }
}

/// All of them. `clients`: their requests and connections, where there are any; `store`: what the directory says, unless its
/// store cannot be read.
pub(super) fn text(clients: Option<(Vec<Requests>, &Connections)>, store: Option<&Store>) -> String {
    let mut page = Page::default();
    page.metric("throng_build_info", "gauge", "1, with the version of this server.");
    page.value("throng_build_info", concat!("version=\"", env!("CARGO_PKG_VERSION"), "\""), 1);
    if let Some((requests, connections)) = clients {
        of_requests(&mut page, &requests);
        of_connections(&mut page, connections);
    }
    let up = u8::from(store.is_some());
    page.one(
        "throng_store_up",
        "gauge",
        "Whether the store can be read; if not, what it says is left out.",
        up,
    );
    if let Some(store) = store {
        of_jobs(&mut page, store);
        of_ended(&mut page, store);
        of_store(&mut page, store);
    }
    page.0
}

fn of_requests(page: &mut Page, requests: &[Requests]) {
    let name = "throng_http_requests_total";
    page.metric(name, "counter", "Requests that were answered, by face and class of status.");
    for Requests { face, classes, .. } in requests {
        for (class, count) in (1..).zip(classes) {
            page.value(name, &format!("face=\"{face}\",class=\"{class}xx\""), count);
        }
    }
    let name = "throng_http_request_duration_seconds";
    page.metric(name, "histogram", "Seconds until an answer begins.");
    for Requests { face, within, time, .. } in requests {
        let ends = STRETCHES_MS.map(|end| Duration::from_millis(end).as_secs_f64().to_string());
        let ends = ends.iter().map(String::as_str).chain(["+Inf"]);
        for (end, count) in ends.zip(within) {
            page.value(&format!("{name}_bucket"), &format!("face=\"{face}\",le=\"{end}\""), count);
        }
        let label = format!("face=\"{face}\"");
        page.value(&format!("{name}_sum"), &label, time.as_secs_f64());
        page.value(&format!("{name}_count"), &label, within[STRETCHES_MS.len()]);
    }
}

fn of_connections(page: &mut Page, connections: &Connections) {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    // In this order, so that none is open that was not taken.
    let (ended, taken) = (read(&connections.ended), read(&connections.taken));
    page.one("throng_connections_open", "gauge", "Connections of clients.", taken.saturating_sub(ended));
    let counters = [
        ("taken", "Connections that were taken.", taken),
        (
            "refused",
            "Connections closed at once: their address had as many as it may have.",
            read(&connections.refused),
        ),
        ("crowded", "Times when further connections had to wait for room.", read(&connections.crowded)),
        ("failed", "Connections that could not be taken.", read(&connections.failed)),
        (
            "timed_out",
            "Connections closed because nothing came, or nothing was taken.",
            read(&connections.timed_out),
        ),
    ];
    for (name, help, value) in counters {
        page.one(&format!("throng_connections_{name}_total"), "counter", help, value);
    }
    let failed = read(&connections.handshakes_failed);
    page.one(
        "throng_tls_handshakes_failed_total",
        "counter",
        "Handshakes of TLS that came to nothing.",
        failed,
    );
}

fn of_jobs(page: &mut Page, store: &Store) {
    let of = |state| store.jobs.iter().find(|(each, ..)| *each == state);
    let name = "throng_jobs_open";
    page.metric(name, "gauge", "Jobs that have not ended, of all nodes, by state.");
    for state in OPEN {
        let jobs = of(state).map_or(0, |(_, jobs, _)| *jobs);
        page.value(name, &format!("state=\"{}\"", state.as_str().to_lowercase()), jobs);
    }
    let waits = of(State::Pending).map_or(Duration::ZERO, |(.., since)| *since).as_secs_f64();
    page.one(
        "throng_jobs_oldest_pending_seconds",
        "gauge",
        "How long the earliest job waits that nobody has begun.",
        waits,
    );
    let counters = [
        (
            "throng_jobs_claimed_total",
            "Jobs that this node's workers claimed, again ones included.",
            store.claimed,
        ),
        ("throng_job_steps_total", "Steps of jobs that were done.", store.steps),
        (
            "throng_job_steps_failed_total",
            "Steps of jobs that failed, and are tried again.",
            store.steps_failed,
        ),
        ("throng_worker_panics_total", "Panics in workers.", store.panics),
    ];
    for (name, help, value) in counters {
        page.one(name, "counter", help, value);
    }
}

/// What became of jobs that this node's workers brought to their end.
fn of_ended(page: &mut Page, store: &Store) {
    let name = "throng_jobs_ended_total";
    page.metric(name, "counter", "Jobs that this node's workers brought to their end, by how they ended.");
    for (state, jobs) in &store.ended {
        page.value(name, &format!("state=\"{}\"", state.as_str().to_lowercase()), jobs);
    }
    let name = "throng_job_items_total";
    page.metric(name, "counter", "Items of these jobs, by what became of them.");
    for (outcome, items) in &store.items {
        page.value(name, &format!("outcome=\"{outcome}\""), items);
    }
}

fn of_store(page: &mut Page, store: &Store) {
    page.one(
        "throng_audit_unchained_rows",
        "gauge",
        "Rows of the audit log that are not chained yet.",
        store.audit_unchained,
    );
    page.one(
        "throng_audit_behind_seconds",
        "gauge",
        "How long the earliest of them waits.",
        store.audit_behind.as_secs_f64(),
    );
    if let Some((clients, jobs)) = store.writes_waiting {
        let name = "throng_store_writes_waiting";
        page.metric(name, "gauge", "Writes that wait for the store's writer, by who waits.");
        page.value(name, "class=\"client\"", clients);
        page.value(name, "class=\"job\"", jobs);
    }
    page.one(
        "throng_clock_jumped",
        "gauge",
        "Whether nothing is thrown away, since the clock may be wrong.",
        u8::from(store.clock_jumped),
    );
}
