use std::sync::Mutex;

use axum::extract::ConnectInfo;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

/// What nothing here takes, however busy the machine is.
const LONG: Duration = Duration::from_secs(30);
/// A limit that a test waits for.
const SHORT: Duration = Duration::from_millis(300);

const BOUNDS: Bounds = Bounds {
    connections: 16,
    connections_per_address: 16,
    header: LONG,
    idle: Duration::from_mins(5),
    stalled: LONG,
};

/// A server at some port.
struct Served {
    address: SocketAddr,
    figures: Arc<Figures>,
    stop: watch::Sender<bool>,
    ended: JoinHandle<()>,
    /// Lets `/slow` answer.
    go: Arc<Notify>,
    /// Peers as handlers saw them.
    peers: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Served {
    async fn start(bounds: Bounds) -> Self {
        Self::of(bounds, |door| door).await
    }

    async fn of(bounds: Bounds, make: impl FnOnce(Door) -> Door) -> Self {
        let go = Arc::new(Notify::new());
        let peers: Arc<Mutex<Vec<SocketAddr>>> = Arc::default();
        let (told, seen) = (Arc::clone(&go), Arc::clone(&peers));
        let router = Router::new()
            .route(
                "/",
                get(async move |ConnectInfo(peer): ConnectInfo<SocketAddr>| {
                    seen.lock().unwrap().push(peer);
                    "here"
                }),
            )
            .route("/large", get(async || vec![b'x'; 64 << 20]))
            .route(
                "/slow",
                get(async move || {
                    told.notified().await;
                    "at last"
                }),
            );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let door = make(Door::new(listener, (router, None), bounds, stopped));
        let figures = door.figures();
        let ended = tokio::spawn(door.serve());
        Self { address, figures, stop, ended, go, peers }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Connects and sends.
    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// Waits until so many connections are open.
    async fn open(&self, wanted: u64) {
        let figures = &self.figures;
        let open = || figures.taken.load(Ordering::Relaxed) - figures.ended.load(Ordering::Relaxed);
        timeout(LONG, async {
            while open() != wanted {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
    }
}

/// What comes until the other side closes, a reset included.
async fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut all)).await.expect("the connection was not closed");
    String::from_utf8_lossy(&all).into_owned()
}

/// One answer with this text at its end.
async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    while !all.ends_with(end.as_bytes()) {
        let mut piece = [0; 1_024];
        let count = timeout(LONG, stream.read(&mut piece)).await.unwrap().unwrap();
        assert!(count > 0, "closed after {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&piece[..count]);
    }
    String::from_utf8(all).unwrap()
}

const GET: &str = "GET / HTTP/1.1\r\nhost: here\r\n\r\n";
const LAST: &str = "GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn handlers_see_the_peer_and_answers_may_follow_each_other() {
    let served = Served::start(BOUNDS).await;
    let mut stream = served.send(GET).await;
    until(&mut stream, "here").await;
    stream.write_all(LAST.as_bytes()).await.unwrap();
    let here = stream.local_addr().unwrap();
    assert!(rest(stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(*served.peers.lock().unwrap(), [here, here]);
}

#[tokio::test]
async fn who_is_slow_with_headers_is_closed_whatever_they_began_with() {
    let served = Served::start(Bounds { header: SHORT, ..BOUNDS }).await;
    let begun = Instant::now();
    let heads =
        ["", "G", "PRI * HT", "GET / HTTP/1.1\r\nhost: here\r\nx: ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"];
    for head in heads {
        let said = rest(served.send(head).await).await;
        assert!(!said.contains("200"), "{head}: {said}");
    }
    assert!(begun.elapsed() >= SHORT, "{:?}", begun.elapsed());
    assert_eq!(served.figures.timed_out.load(Ordering::Relaxed), heads.len() as u64);
    served.open(0).await;
}

#[tokio::test]
async fn a_byte_now_and_then_is_not_enough() {
    let served = Served::start(Bounds { header: SHORT, ..BOUNDS }).await;
    let mut stream = served.send("GET / HTTP/1.1\r\n").await;
    let begun = Instant::now();
    while stream.write_all(b"x: y\r\n").await.is_ok() {
        assert!(begun.elapsed() < LONG);
        sleep(Duration::from_millis(20)).await;
    }
    served.open(0).await;
}

#[tokio::test]
async fn a_connection_without_a_question_stays_for_a_while_and_no_longer() {
    let bounds = Bounds { header: SHORT, idle: 6 * SHORT, ..BOUNDS };
    let served = Served::start(bounds).await;
    let mut stream = served.send(GET).await;
    until(&mut stream, "here").await;
    // Longer than headers may take.
    sleep(SHORT + SHORT / 2).await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    until(&mut stream, "here").await;
    let begun = Instant::now();
    assert_eq!(rest(stream).await, "");
    assert!(begun.elapsed() >= 5 * SHORT, "{:?}", begun.elapsed());

    // The second request may take no longer than the first.
    let served = Served::start(Bounds { header: SHORT, ..BOUNDS }).await;
    let mut stream = served.send(GET).await;
    until(&mut stream, "here").await;
    stream.write_all(b"GET /").await.unwrap();
    assert_eq!(rest(stream).await, "");
}

/// RFC 9112 §3.2.
#[tokio::test]
async fn a_request_names_its_host_once() {
    let served = Served::start(BOUNDS).await;
    for (head, status) in [
        ("GET / HTTP/1.1\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost: here\r\nhost: there\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost: here\r\n", "200"),
        ("GET / HTTP/1.0\r\n", "200"),
    ] {
        let answer = rest(served.send(&format!("{head}connection: close\r\n\r\n")).await).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{head}: {answer}");
    }
    assert_eq!(served.peers.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn too_many_headers_are_431() {
    let served = Served::start(BOUNDS).await;
    let long = "x".repeat(70 << 10);
    let many = "x: y\r\n".repeat(101);
    for head in [format!("GET / HTTP/1.1\r\nx: {long}\r\n\r\n"), format!("GET / HTTP/1.1\r\n{many}\r\n")] {
        let mut stream = served.connect().await;
        let _ = stream.write_all(head.as_bytes()).await;
        let mut said = [0; 12];
        stream.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"HTTP/1.1 431");
    }
    let filter = "x".repeat(30 << 10);
    let wide = format!("GET /?{filter} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
    assert!(rest(served.send(&wide).await).await.ends_with("here"), "a long filter has room");
}

#[tokio::test]
async fn an_address_has_no_more_connections_than_it_may_have() {
    let served = Served::start(Bounds { connections_per_address: 2, ..BOUNDS }).await;
    let (first, _second) = (served.connect().await, served.connect().await);
    served.open(2).await;
    assert_eq!(rest(served.connect().await).await, "", "closed at once");
    assert_eq!(served.figures.refused.load(Ordering::Relaxed), 1);
    drop(first);
    served.open(1).await;
    assert!(rest(served.send(LAST).await).await.ends_with("here"));

    let proxies = Networks::read(&["127.0.0.0/8"]).unwrap();
    let bounds = Bounds { connections_per_address: 1, ..BOUNDS };
    let served = Served::of(bounds, |door| door.without_bound_for(proxies)).await;
    let _first = served.connect().await;
    served.open(1).await;
    assert!(rest(served.send(LAST).await).await.ends_with("here"), "a proxy speaks for many");
}

#[tokio::test]
async fn who_comes_when_there_is_no_room_waits() {
    let served = Served::start(Bounds { connections: 2, ..BOUNDS }).await;
    let (first, _second) = (served.connect().await, served.connect().await);
    served.open(2).await;
    let mut third = served.send(LAST).await;
    let early = timeout(SHORT, third.read_u8()).await;
    assert!(early.is_err(), "{early:?}");
    drop(first);
    assert!(rest(third).await.ends_with("here"));
    assert!(served.figures.crowded.load(Ordering::Relaxed) >= 1);
}

#[tokio::test]
async fn slow_clients_do_not_stop_others() {
    let served = Served::start(BOUNDS).await;
    let mut slow = Vec::new();
    for _ in 0..10 {
        slow.push(served.send("GET / HTTP/1.1\r\nhost: ").await);
    }
    let _large = served.send("GET /large HTTP/1.1\r\nhost: here\r\n\r\n").await;
    assert!(rest(served.send(LAST).await).await.ends_with("here"));
    for mut stream in slow {
        stream.write_all(b"here\r\nconnection: close\r\n\r\n").await.unwrap();
        assert!(rest(stream).await.ends_with("here"));
    }
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_given_up() {
    let served = Served::start(Bounds { stalled: SHORT, ..BOUNDS }).await;
    let stream = served.send("GET /large HTTP/1.1\r\nhost: here\r\n\r\n").await;
    served.open(1).await;
    served.open(0).await;
    assert_eq!(served.figures.timed_out.load(Ordering::Relaxed), 1);
    drop(stream);
}

#[tokio::test]
async fn a_stop_answers_what_runs_and_nothing_new() {
    let served = Served::start(BOUNDS).await;
    let mut idle = served.send(GET).await;
    until(&mut idle, "here").await;
    let silent = served.connect().await;
    let running = served.send("GET /slow HTTP/1.1\r\nhost: here\r\n\r\n").await;
    served.open(3).await;
    sleep(SHORT).await;
    served.stop.send(true).unwrap();
    assert_eq!((rest(idle).await.as_str(), rest(silent).await.as_str()), ("", ""));
    assert!(!served.ended.is_finished());
    served.go.notify_one();
    assert!(rest(running).await.ends_with("at last"));
    timeout(LONG, served.ended).await.unwrap().unwrap();
    assert!(TcpStream::connect(served.address).await.is_err());
}

/// What a server says of itself when HTTP/2 begins: names and values of settings. Source: RFC 9113 §6.5.1.
async fn settings(stream: &mut TcpStream) -> Vec<(u16, u32)> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let mut payload = vec![0; usize::from(head[1]) * 256 + usize::from(head[2])];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3..5] == [4, 0] {
            let number = |six: &[u8]| u32::from_be_bytes(six[2..].try_into().unwrap());
            let settings = payload.chunks(6);
            return settings.map(|six| (u16::from_be_bytes([six[0], six[1]]), number(six))).collect();
        }
    }
}

#[tokio::test]
async fn http2_is_spoken_with_who_begins_with_it_and_has_its_bounds() {
    let served = Served::start(Bounds { idle: SHORT, ..BOUNDS }).await;
    let mut stream = served.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    let told = timeout(LONG, settings(&mut stream)).await.unwrap();
    for wanted in [(3, 100), (6, 64 << 10)] {
        assert!(told.contains(&wanted), "{wanted:?} in {told:?}");
    }
    // GET / by the static table, with an authority of three letters. Source: RFC 7541 appendix A.
    stream
        .write_all(&[0, 0, 8, 1, 5, 0, 0, 0, 1, 0x82, 0x84, 0x86, 0x41, 3, b'a', b'b', b'c'])
        .await
        .unwrap();
    let mut all = Vec::new();
    timeout(LONG, stream.read_to_end(&mut all)).await.unwrap().unwrap();
    assert!(all.windows(4).any(|four| four == b"here"), "{all:?}");
    // It was idle, and was told good-bye before it was closed: GOAWAY.
    assert!(all.windows(6).any(|six| six[1..] == [8, 7, 0, 0, 0]), "{all:?}");
}
