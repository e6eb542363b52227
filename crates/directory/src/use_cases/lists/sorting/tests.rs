use throng_jobs::Instant;
use throng_scim::sort::SortKey;
use uuid::Uuid;

use super::*;
use crate::ids::ResourceKey;
use crate::model::resources::Resource;

/// A resource that comes by its number and has so many bytes.
fn resource(number: i64, bytes: usize) -> (Sorted, Entity) {
    let key = SortKey::from_bytes(&[b"ai", &number.to_be_bytes()[..]].concat()).unwrap();
    let entity = Entity::Resource(Resource {
        key: ResourceKey(number),
        kind: "Device".to_owned(),
        uuid: Uuid::nil(),
        version: 1,
        created_at: Instant::from_micros(0),
        modified_at: Instant::from_micros(0),
        external_id: None,
        unique: Vec::new(),
        doc: " ".repeat(bytes),
    });
    (Sorted { key, plan: 0, entity: number }, entity)
}

fn best(wanted: usize, resources: &[(i64, usize)]) -> Best {
    let mut best = Best::new(wanted);
    for (number, bytes) in resources {
        let (place, entity) = resource(*number, *bytes);
        best.push(place, entity);
    }
    best
}

fn numbers(best: Best) -> Vec<i64> {
    best.into_sorted().map(|(place, _)| place.entity).collect()
}

const HALF: usize = limits::PAGE_BYTES_MAX / 2;

#[test]
fn the_first_are_kept_in_whatever_order_they_come() {
    let found = best(3, &[(5, 1), (1, 1), (4, 1), (2, 1), (3, 1)]);
    assert!(!found.is_cut());
    assert_eq!(numbers(found), [1, 2, 3]);
}

#[test]
fn what_is_too_large_leaves_no_hole() {
    // 3 is left out for its size; 4 is small, comes later and must not stand where 3 is missing.
    let found = best(9, &[(1, HALF), (2, HALF), (3, HALF), (4, 1)]);
    assert!(found.is_cut());
    assert_eq!(numbers(found), [1, 2]);
    // A small one that comes first pushes out the last.
    let found = best(9, &[(1, HALF), (3, HALF), (2, 1), (4, 1)]);
    assert!(found.is_cut());
    assert_eq!(numbers(found), [1, 2]);
    let found = best(9, &[(1, 3 * HALF), (2, 1)]);
    assert!(found.is_cut());
    assert_eq!(numbers(found), [1]);
}

#[test]
fn a_cut_on_either_side_holds_for_both() {
    let cut = || best(9, &[(2, HALF), (4, HALF), (5, 1)]);
    assert!(cut().is_cut());
    for (mut one, other) in
        [(cut(), best(9, &[(1, 1), (3, 1), (6, 1)])), (best(9, &[(1, 1), (3, 1), (6, 1)]), cut())]
    {
        one.merge(other);
        assert!(one.is_cut());
        assert_eq!(numbers(one), [1, 2, 3]);
    }
}
