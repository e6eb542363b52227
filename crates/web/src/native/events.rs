//! Jobs as they go on, told by server-sent events. Source: HTML, section 9.2.
//!
//! A stream is a task that looks for news and a channel for one text. It looks only when the text before was taken, so a
//! client that is slow is told less often and holds no memory.

mod streams;

use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, Method, StatusCode};
use throng_directory::Directory;
use throng_directory::use_cases::job_events::{News, Watch};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

pub use self::streams::EventSettings;
pub(crate) use self::streams::Streams;

use self::streams::Slot;
use super::{jobs, text};
use crate::access::{Authorised, is_the_same};
use crate::call::{Call, Outcome};
use crate::headers::{ACCEL_BUFFERING, EVENT_STREAM, LAST_EVENT_ID, answer, put};
use crate::limits;
use crate::refusal::Refusal;
use crate::state::AppState;

/// GET `/api/v1/accounts/{accountId}/jobs/{jobId}/events`.
pub(crate) async fn job(caller: Authorised, call: Call) -> Outcome {
    let seen = last_event_id(call.headers())?;
    let directory = &call.state.directory;
    if let Some(watch) = directory.listen_to_job(&caller, call.param("jobId"), seen).await? {
        return begin(caller, call, watch).await;
    }
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// GET `/api/v1/accounts/{accountId}/jobs/events`.
pub(crate) async fn account(caller: Authorised, call: Call) -> Outcome {
    let seen = last_event_id(call.headers())?;
    let watch = call.state.directory.listen_to_jobs(&caller, seen).await?;
    begin(caller, call, watch).await
}

/// The id of the last event that the client has. A client without one may send it empty.
fn last_event_id(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let id = value.to_str().ok().filter(|id| id.len() <= limits::EVENT_ID_BYTES_MAX);
    let id = id.ok_or_else(|| Refusal::bad("Last-Event-ID", "Last-Event-ID is the id of an event"))?;
    Ok(Some(id).filter(|id| !id.is_empty()))
}

/// The answer that goes on until its stream ends; for HEAD only its headers.
async fn begin(caller: Authorised, call: Call, watch: Watch) -> Outcome {
    let body = if call.parts.method == Method::HEAD {
        Body::from_stream(stream::empty::<Result<Bytes, Infallible>>())
    } else {
        let slot = call.state.streams.take(caller.account)?;
        let first = opening(&call.state.directory, &watch).await?;
        let (sender, receiver) = mpsc::channel(1);
        let (state, headers) = (call.state, call.parts.headers);
        let teller = Teller { caller, state, headers, watch, _slot: slot, checked: Instant::now() };
        tokio::spawn(teller.tell(first, sender));
        Body::from_stream(stream::unfold(receiver, async |mut receiver| {
            receiver.recv().await.map(|text| (Ok::<Bytes, Infallible>(text), receiver))
        }))
    };
    let mut response = answer(StatusCode::OK, EVENT_STREAM, body);
    put(response.headers_mut(), CACHE_CONTROL, "no-store");
    put(response.headers_mut(), ACCEL_BUFFERING, "no");
    Ok(response)
}

/// When to come back, and with which id although nothing has been told yet.
async fn opening(directory: &Arc<Directory>, watch: &Watch) -> Result<String, Refusal> {
    let mut text = format!("retry: {}\n", limits::EVENT_RETRY.as_millis());
    if let Some(id) = directory.event_id(watch).await? {
        // Writing to a text does not fail.
        let _ = writeln!(text, "id: {id}");
    }
    text.push('\n');
    Ok(text)
}

/// Tells one client.
struct Teller {
    caller: Authorised,
    state: AppState,
    /// Those of the request, with its credential.
    headers: HeaderMap,
    watch: Watch,
    /// When the credential was looked at.
    checked: Instant,
    _slot: Slot,
}

impl Teller {
    /// Tells what happens until nothing will, the client goes away or takes nothing, the key is no longer good, or the
    /// server stops.
    async fn tell(mut self, first: String, sender: mpsc::Sender<Bytes>) {
        let directory = Arc::clone(&self.state.directory);
        tokio::select! {
            ended = self.tell_all(first, &sender) => if let Err(refusal) = ended {
                tracing::debug!(detail = refusal.detail, "a stream of events was broken off");
            },
            () = sender.closed() => {}
            () = directory.stopping() => {}
        }
    }

    async fn tell_all(&mut self, first: String, sender: &mpsc::Sender<Bytes>) -> Result<(), Refusal> {
        let mut text = first;
        let mut news = News { more: true, ..News::default() };
        loop {
            let stalled_max = self.state.streams.settings().stalled_max;
            let Ok(Ok(room)) = timeout(stalled_max, sender.reserve()).await else { return Ok(()) };
            if !text.is_empty() {
                room.send(Bytes::from(std::mem::take(&mut text)));
                if news.is_over {
                    return Ok(());
                }
                continue;
            }
            let heard = Instant::now();
            while text.is_empty() {
                if !news.more {
                    self.wait(heard).await;
                }
                if !self.is_still_let_in().await? {
                    return Ok(());
                }
                news = self.state.directory.look(&mut self.watch).await?;
                text = text_of(&news)?;
                if text.is_empty() && news.is_over {
                    return Ok(());
                }
                if text.is_empty() && heard.elapsed() >= self.state.streams.settings().heartbeat {
                    text = self.heartbeat().await?;
                }
            }
        }
    }

    /// Waits for news, or for the next thing to do.
    async fn wait(&mut self, heard: Instant) {
        let left = self.state.streams.settings().heartbeat.saturating_sub(heard.elapsed());
        let at_most = left.min(throng_directory::limits::EVENT_EVERY);
        self.state.directory.wait_for_news(&mut self.watch, at_most).await;
    }

    /// Looks whether the key is still good for this, if it was not looked at for a while.
    async fn is_still_let_in(&mut self) -> Result<bool, Refusal> {
        if self.checked.elapsed() < self.state.streams.settings().key_checked_every {
            return Ok(true);
        }
        self.checked = Instant::now();
        is_the_same(&self.state, &self.headers, &self.caller).await
    }

    /// A comment; and the id that spares the client what it has been told long ago.
    async fn heartbeat(&self) -> Result<String, Refusal> {
        let id = self.state.directory.event_id(&self.watch).await?;
        Ok(id.map_or_else(|| ":\n\n".to_owned(), |id| format!(":\nid: {id}\n\n")))
    }
}

/// The events as they go over the wire.
fn text_of(news: &News) -> Result<String, Refusal> {
    let mut all = String::new();
    for event in &news.events {
        let data = text(&jobs::job(&event.view))?;
        let _ = write!(all, "event: job\nid: {}\ndata: {data}\n\n", event.id);
    }
    Ok(all)
}
