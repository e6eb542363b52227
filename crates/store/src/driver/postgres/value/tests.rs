use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};

use super::{Cell, Column, Param};
use crate::conn::Value;

fn encoded(param: &Param<'_>, wanted: &Type) -> Option<Vec<u8>> {
    let mut out = BytesMut::new();
    match param.to_sql(wanted, &mut out).unwrap() {
        IsNull::Yes => None,
        IsNull::No => Some(out.to_vec()),
    }
}

#[test]
fn values_are_announced_by_their_type() {
    let kinds =
        [Value::Int(1), Value::Text("a"), Value::Blob(b"a"), Value::Null].map(|v| Param::One(v).kind());
    assert_eq!(kinds, [Type::INT8, Type::TEXT, Type::BYTEA, Type::UNKNOWN]);
}

#[test]
fn integers_take_the_width_that_is_wanted() {
    let n = Param::One(Value::Int(-2));
    assert_eq!(encoded(&n, &Type::INT8).unwrap(), (-2_i64).to_be_bytes());
    assert_eq!(encoded(&n, &Type::INT4).unwrap(), (-2_i32).to_be_bytes());
    assert_eq!(encoded(&n, &Type::INT2).unwrap(), (-2_i16).to_be_bytes());
    let mut out = BytesMut::new();
    assert!(Param::One(Value::Int(1 << 40)).to_sql(&Type::INT4, &mut out).is_err());
}

#[test]
fn a_value_of_another_type_is_refused() {
    let mut out = BytesMut::new();
    assert!(Param::One(Value::Text("1")).to_sql(&Type::INT8, &mut out).is_err());
    assert!(Param::One(Value::Int(1)).to_sql(&Type::TEXT, &mut out).is_err());
    assert!(Param::One(Value::Blob(b"1")).to_sql(&Type::TEXT, &mut out).is_err());
    assert_eq!(encoded(&Param::One(Value::Null), &Type::INT8), None);
}

#[test]
fn a_column_is_an_array_that_the_library_reads() {
    let rows = [Value::Int(1), Value::Text("a"), Value::Int(2), Value::Null, Value::Int(3), Value::Text("")];
    let ints = Param::Column(Column { rows: &rows, width: 2, at: 0, of: Type::INT8 });
    let bytes = encoded(&ints, &Type::INT8_ARRAY).unwrap();
    assert_eq!(Vec::<i64>::from_sql(&Type::INT8_ARRAY, &bytes).unwrap(), [1, 2, 3]);
    assert_eq!(bytes[4..8], [0; 4], "no nulls");

    let texts = Param::Column(Column { rows: &rows, width: 2, at: 1, of: Type::TEXT });
    let bytes = encoded(&texts, &Type::TEXT_ARRAY).unwrap();
    let read = Vec::<Option<String>>::from_sql(&Type::TEXT_ARRAY, &bytes).unwrap();
    assert_eq!(read, [Some("a".to_owned()), None, Some(String::new())]);
    assert_eq!(bytes[4..8], [0, 0, 0, 1], "nulls");
}

#[test]
fn cells_keep_their_type() {
    assert!(matches!(Cell::from_sql(&Type::INT4, &[0, 0, 0, 7]), Ok(Cell::Int(7))));
    assert!(matches!(Cell::from_sql(&Type::BOOL, &[1]), Ok(Cell::Int(1))));
    assert!(matches!(Cell::from_sql(&Type::TEXT, b"a"), Ok(Cell::Text("a"))));
    assert!(matches!(Cell::from_sql(&Type::BYTEA, b"a"), Ok(Cell::Blob(b"a"))));
    assert!(matches!(Cell::from_sql_null(&Type::INT8), Ok(Cell::Null)));
    assert!(Cell::from_sql(&Type::TEXT, &[0xff]).is_err());
    assert!(!<Cell<'_> as FromSql>::accepts(&Type::NUMERIC));
}
