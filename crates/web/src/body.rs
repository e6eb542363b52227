//! Reading bodies: whole, within a limit, and large ones within a share of memory.

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt;
use throng_directory::Caller;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::access::must_still_be;
use crate::limits;
use crate::pace::Pace;
use crate::refusal::{Kind, Refusal};
use crate::state::AppState;

/// A large body and its share of the memory, which is given back when it is dropped.
pub(crate) struct LargeBody {
    pub(crate) bytes: Vec<u8>,
    pub(crate) share: Option<OwnedSemaphorePermit>,
}

/// Reads a body of at most `max` bytes.
///
/// # Errors
/// 413 above; 400 when the connection breaks; 408 when it stands still, or comes too slowly.
pub(crate) async fn read(body: Body, max: usize) -> Result<Vec<u8>, Refusal> {
    let announced = announced(&body);
    if announced.is_some_and(|n| n > max as u64) {
        discard(body).await;
        return Err(too_large(max));
    }
    let capacity = announced.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    collect(body, Vec::with_capacity(capacity), max).await
}

/// Reads a body that may be large. One that announces its length takes that much of the shared memory, one that
/// does not takes the most that a body may have once it is no longer small; both before they are read on, so
/// that no two bodies wait for each other.
///
/// # Errors
/// As [`read`]; 429 when there is no memory for it for a while; 401 when who sends it has meanwhile lost their credential.
pub(crate) async fn read_large(
    state: &AppState,
    (headers, caller): (&HeaderMap, &Caller),
    body: Body,
    max: usize,
) -> Result<LargeBody, Refusal> {
    let read = read_all(state, body, max).await?;
    must_still_be(state, headers, caller).await?;
    Ok(read)
}

async fn read_all(state: &AppState, body: Body, max: usize) -> Result<LargeBody, Refusal> {
    let Some(announced) = announced(&body) else { return read_unannounced(state, body, max).await };
    if announced > max as u64 {
        discard(body).await;
        return Err(too_large(max));
    }
    let length = usize::try_from(announced).unwrap_or(max);
    let share = if length > limits::SMALL_BODY_BYTES { Some(share(state, length).await?) } else { None };
    let bytes = collect(body, Vec::with_capacity(length), max).await?;
    Ok(LargeBody { bytes, share })
}

async fn read_unannounced(state: &AppState, mut body: Body, max: usize) -> Result<LargeBody, Refusal> {
    let (mut bytes, mut pace) = (Vec::new(), Pace::default());
    while let Some(data) = next(&mut body, &mut pace).await? {
        bytes.extend_from_slice(&data);
        if bytes.len() > limits::SMALL_BODY_BYTES {
            let mut share = share(state, max).await?;
            let bytes = collect(body, bytes, max).await?;
            drop(share.split(max.saturating_sub(bytes.capacity())));
            return Ok(LargeBody { bytes, share: Some(share) });
        }
    }
    Ok(LargeBody { bytes, share: None })
}

async fn share(state: &AppState, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
    let busy = || Refusal::new(Kind::TooMany, "too many large bodies at once; try again");
    let permits = u32::try_from(bytes).map_err(|_| busy())?;
    let acquired = timeout(limits::BODY_TURN_MAX, state.body_bytes.clone().acquire_many_owned(permits)).await;
    acquired.map_err(|_| busy())?.map_err(|_| busy())
}

async fn collect(mut body: Body, mut bytes: Vec<u8>, max: usize) -> Result<Vec<u8>, Refusal> {
    let mut pace = Pace::default();
    while let Some(data) = next(&mut body, &mut pace).await? {
        if bytes.len() + data.len() > max {
            discard(body).await;
            return Err(too_large(max));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// The next piece of data.
async fn next(body: &mut Body, pace: &mut Pace) -> Result<Option<Bytes>, Refusal> {
    loop {
        match pace.wait(body.frame()).await? {
            None => return Ok(None),
            Some(Err(_)) => return Err(Refusal::bad("", "the body was cut off")),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    pace.took(data.len());
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Reads on for a while without keeping anything: a client that is still sending may not see an answer that
/// comes before it has finished.
pub(crate) async fn discard(mut body: Body) {
    let read = async {
        let (mut left, mut pace) = (limits::DISCARDED_BYTES_MAX, Pace::default());
        while let Ok(Some(data)) = next(&mut body, &mut pace).await {
            left = left.saturating_sub(data.len());
            if left == 0 {
                return;
            }
        }
    };
    // Whether it ended or ran out of time, there is nothing more to do.
    drop(timeout(limits::DISCARD_TIME_MAX, read).await);
}

fn announced(body: &Body) -> Option<u64> {
    body.size_hint().exact()
}

fn too_large(max: usize) -> Refusal {
    Refusal::new(Kind::TooLarge, format!("the body has more than {max} bytes, the limit here"))
}

#[cfg(test)]
mod tests;
