//! How fast a PATCH of a million members is read. Run with `cargo run --release -p throng-scim --example
//! group_write_speed`; prints the best of nine for each order of names.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "an example that measures and prints")]

use std::fmt::Write as _;
use std::time::Instant;

use throng_scim::group_write::{MemberSink, read_group, read_group_patch};
use throng_scim::json::JsonLimits;
use throng_scim::{Error, Registry};

const MEMBERS: u64 = 1_000_000;

struct Bytes(usize);

impl MemberSink for Bytes {
    fn member(&mut self, value: &str) -> Result<(), Error> {
        self.0 += value.len();
        Ok(())
    }
}

fn main() {
    let registry = Registry::standard();
    let mut list = String::from("[");
    for n in 0..MEMBERS {
        let comma = if n == 0 { "" } else { "," };
        let tail = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
        _ = write!(
            list,
            "{comma}{{\"value\":\"0198c2f0-7b1a-7{:03x}-8{:03x}-{tail:012x}\"}}",
            n % 4096,
            n / 4096
        );
    }
    list.push(']');
    let bodies = [
        (
            "PATCH, path first",
            format!(r#"{{"Operations":[{{"op":"add","path":"members","value":{list}}}]}}"#),
        ),
        ("PATCH, path last", format!(r#"{{"Operations":[{{"value":{list},"op":"add","path":"members"}}]}}"#)),
        ("PATCH, no path", format!(r#"{{"Operations":[{{"op":"add","value":{{"members":{list}}}}}]}}"#)),
        ("PUT", format!(r#"{{"displayName":"g","members":{list}}}"#)),
    ];
    for (name, body) in &bodies {
        let run = || {
            let mut sink = Bytes(0);
            let start = Instant::now();
            let read = if *name == "PUT" {
                read_group(body.as_bytes(), &mut sink, &JsonLimits::default(), registry.group()).map(|_| ())
            } else {
                read_group_patch(body.as_bytes(), &mut sink, &JsonLimits::default(), registry.group())
                    .map(|_| ())
            };
            (start.elapsed(), read.map(|()| sink.0))
        };
        let best = (0..9).map(|_| run()).min_by_key(|(took, _)| *took);
        if let Some((took, Ok(bytes))) = best {
            println!("{name}: {} bytes, {bytes} bytes of values, {took:.1?}", body.len());
        }
    }
}
