use super::*;

fn place(open: i64, ended: i64) -> Place {
    let mut place = Place::at(Instant::from_micros(1_712_840_368_043_000));
    place.since.1 = JobNumber(77);
    for n in 0..open {
        let mark = Mark { state: State::InProgress, processed: n.unsigned_abs(), total: u64::MAX };
        place.open.insert(JobNumber(1_000_000 + 3 * n), mark);
    }
    place.ended = (0..ended).map(|n| JobNumber(2_000_000 + 2 * n)).collect();
    place
}

#[test]
fn a_place_is_read_as_it_was_written() {
    for place in [place(0, 0), place(3, 0), place(0, 5), place(40, 300)] {
        assert_eq!(Place::from_bytes(&place.to_bytes()), Some(place));
    }
}

#[test]
fn a_place_has_room_for_the_latest_jobs() {
    let large = place(10_000, 10_000);
    let bytes = large.to_bytes();
    assert!(bytes.len() <= limits::EVENT_PLACE_BYTES, "{}", bytes.len());
    let read = Place::from_bytes(&bytes).unwrap();
    assert_eq!(read.since, large.since);
    assert!(read.open.len() > 50 && read.ended.len() > 300, "{} {}", read.open.len(), read.ended.len());
    assert!(read.open.iter().all(|(number, mark)| large.open[number] == *mark));
    assert_eq!(
        (read.open.last_key_value(), read.ended.last()),
        (large.open.last_key_value(), large.ended.last())
    );
}

#[test]
fn what_is_no_place_is_refused() {
    let bytes = place(3, 3).to_bytes();
    for length in 0..bytes.len() {
        assert_eq!(Place::from_bytes(&bytes[..length]), None);
    }
    assert_eq!(Place::from_bytes(&[&bytes[..], &[0]].concat()), None);
    assert_eq!(Place::from_bytes(&[VERSION; 40].map(|byte| byte | 0x80)), None);
    assert_eq!(Place::from_bytes(&[&[VERSION], &[0xff; 40][..]].concat()), None);
}
