//! The place of one resource in a sorted list.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{Located, SortBy, SortOrder};
use crate::datetime;
use crate::path::canonical_name;
use crate::resource::is_primary;
use crate::schema::{ResourceType, Type};

/// Bytes of a text that are compared: a key must fit into a cursor. Texts that only differ after them are equal here,
/// and whoever breaks ties (by an id) breaks these too.
pub const KEY_TEXT_BYTES_MAX: usize = 512;

/// What a resource is sorted by, computed once. Keys of one [`SortBy`] are in the order of the list: the least comes
/// first, also if the list is descending. Equal keys need a tie-breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    order: SortOrder,
    rank: Rank,
}

/// A value, in ascending order; having none comes last. Source: RFC 7644 §3.4.2.3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Boolean(bool),
    Integer(i64),
    /// The bits of a float, changed so that they are in its order.
    Decimal(i64),
    /// Nanoseconds since 1970.
    Moment(i128),
    Text(String),
    Missing,
}

impl SortKey {
    /// The key of a normalised resource: of a multi-valued attribute the primary value, else the first. `fold` gives
    /// the canonical key of a text, as it does for [`crate::filter::matches_folded`].
    pub fn of(
        sort: &SortBy,
        resource: &Map<String, Value>,
        resource_type: &ResourceType,
        fold: &dyn Fn(&str, &str) -> Option<String>,
    ) -> Self {
        let located = sort.located(resource_type);
        let rank = located.and_then(|located| rank(&located, resource, fold)).unwrap_or(Rank::Missing);
        Self { order: sort.order, rank }
    }

    /// A form of at most [`KEY_TEXT_BYTES_MAX`] + 2 bytes that [`SortKey::from_bytes`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![match self.order {
            SortOrder::Ascending => b'a',
            SortOrder::Descending => b'd',
        }];
        match &self.rank {
            Rank::Boolean(truth) => bytes.extend_from_slice(&[b'b', u8::from(*truth)]),
            Rank::Integer(number) => {
                bytes.push(b'i');
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            Rank::Decimal(bits) => {
                bytes.push(b'n');
                bytes.extend_from_slice(&bits.to_be_bytes());
            }
            Rank::Moment(nanoseconds) => {
                bytes.push(b'm');
                bytes.extend_from_slice(&nanoseconds.to_be_bytes());
            }
            Rank::Text(text) => {
                bytes.push(b't');
                bytes.extend_from_slice(text.as_bytes());
            }
            Rank::Missing => bytes.push(b'-'),
        }
        bytes
    }

    /// Reads what [`SortKey::to_bytes`] wrote; None for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [order, kind, rest @ ..] = bytes else { return None };
        let order = match order {
            b'a' => SortOrder::Ascending,
            b'd' => SortOrder::Descending,
            _ => return None,
        };
        let rank = match (kind, rest) {
            (b'b', [0]) => Rank::Boolean(false),
            (b'b', [1]) => Rank::Boolean(true),
            (b'i', rest) => Rank::Integer(i64::from_be_bytes(rest.try_into().ok()?)),
            (b'n', rest) => Rank::Decimal(i64::from_be_bytes(rest.try_into().ok()?)),
            (b'm', rest) => Rank::Moment(i128::from_be_bytes(rest.try_into().ok()?)),
            (b't', rest) if rest.len() <= KEY_TEXT_BYTES_MAX => {
                Rank::Text(std::str::from_utf8(rest).ok()?.to_owned())
            }
            (b'-', []) => Rank::Missing,
            _ => return None,
        };
        Some(Self { order, rank })
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let ascending = self.rank.cmp(&other.rank);
        match self.order {
            SortOrder::Ascending => ascending,
            SortOrder::Descending => ascending.reverse(),
        }
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn rank(
    located: &Located<'_>,
    resource: &Map<String, Value>,
    fold: &dyn Fn(&str, &str) -> Option<String>,
) -> Option<Rank> {
    let container = match located.extension {
        Some(schema) => resource.get(&schema.id)?.as_object()?,
        None => resource,
    };
    let item = match container.get(&located.attribute.name)? {
        Value::Array(items) => items.iter().find(|item| is_primary(item)).or_else(|| items.first())?,
        single => single,
    };
    let value = match located.sub {
        Some(sub) => item.get(&sub.name)?,
        None => item,
    };
    Some(match (located.compared.kind, value) {
        (_, Value::Bool(truth)) => Rank::Boolean(*truth),
        (Type::Integer, Value::Number(number)) => Rank::Integer(number.as_i64()?),
        (_, Value::Number(number)) => Rank::Decimal(in_order(number.as_f64()?)),
        (Type::DateTime, Value::String(text)) => Rank::Moment(datetime::parse(text)?),
        (_, Value::String(text)) if text.is_empty() => return None,
        (_, Value::String(text)) => {
            let name = canonical_name(located.extension, located.attribute, located.sub);
            let key = fold(&name, text).unwrap_or_else(|| {
                if located.compared.case_exact { text.clone() } else { text.to_lowercase() }
            });
            Rank::Text(cut(key))
        }
        _ => return None,
    })
}

/// Bits that compare as the numbers do; both zeros are one.
fn in_order(number: f64) -> i64 {
    let bits = (number + 0.0).to_bits().cast_signed();
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(KEY_TEXT_BYTES_MAX));
    text
}
