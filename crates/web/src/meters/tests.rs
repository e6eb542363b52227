use super::*;

#[test]
fn requests_are_counted_by_face_class_and_time() {
    let meters = Meters::default();
    let millis = Duration::from_millis;
    meters.count(Face::Scim, StatusCode::OK, millis(1));
    meters.count(Face::Scim, StatusCode::CREATED, millis(2));
    meters.count(Face::Scim, StatusCode::NOT_FOUND, millis(60_000));
    meters.count(Face::Public, StatusCode::SERVICE_UNAVAILABLE, Duration::ZERO);
    let read = meters.read();
    let of = |face| read.iter().find(|requests| requests.face == face).unwrap();
    assert_eq!(of("scim").classes, [0, 2, 0, 1, 0]);
    assert_eq!(of("scim").within, [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
    assert_eq!(of("scim").time, millis(60_003));
    assert_eq!((of("public").classes, of("public").within[0]), ([0, 0, 0, 0, 1], 1));
    assert_eq!(read.iter().map(|requests| requests.within[STRETCHES_MS.len()]).sum::<u64>(), 4);
    assert_eq!(read.len(), FACES.len());
}
