//! The forms of hashes that are taken, and whether one is that of a password.

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Version};
use aws_lc_rs::{constant_time, pbkdf2};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 without padding, whatever its last bits.
const TEXT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);
/// Memory of a hash of scrypt, in units of 128 bytes: 1 GiB.
const SCRYPT_MEMORY_MAX: u32 = 1 << 23;
/// Rounds of a hash of PBKDF2: some seconds.
const PBKDF2_ROUNDS_MAX: u32 = 10_000_000;

/// A hash, read.
pub(super) enum Form<'a> {
    Argon2(Argon2<'static>, Salted),
    Bcrypt(&'a str),
    Scrypt(scrypt::Params, Salted),
    Pbkdf2(pbkdf2::Algorithm, NonZeroU32, Salted),
}

pub(super) struct Salted {
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl<'a> Form<'a> {
    /// `None` for a hash that breaks its form or costs too much.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut fields = text.strip_prefix('$')?.split('$');
        let kind = fields.next()?;
        let fields: Vec<&str> = fields.collect();
        match kind {
            "argon2id" => argon2(Algorithm::Argon2id, &fields),
            "argon2i" => argon2(Algorithm::Argon2i, &fields),
            "2a" | "2b" | "2y" => bcrypt(&fields).map(|()| Self::Bcrypt(text)),
            "scrypt" => scrypt(&fields),
            "pbkdf2-sha256" => pbkdf2(pbkdf2::PBKDF2_HMAC_SHA256, &fields),
            "pbkdf2-sha512" => pbkdf2(pbkdf2::PBKDF2_HMAC_SHA512, &fields),
            _ => None,
        }
    }

    /// Whether it is the hash of this password. Costs what the hash says: up to seconds and 1 GiB.
    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        match self {
            Self::Argon2(argon2, Salted { salt, hash }) => {
                let mut made = vec![0; hash.len()];
                let done = argon2.hash_password_into(password, salt, &mut made);
                done.is_ok() && are_equal(&made, hash)
            }
            Self::Bcrypt(text) => bcrypt::verify(password, text).unwrap_or(false),
            Self::Scrypt(params, Salted { salt, hash }) => {
                let mut made = vec![0; hash.len()];
                let done = scrypt::scrypt(password, salt, params, &mut made);
                done.is_ok() && are_equal(&made, hash)
            }
            Self::Pbkdf2(algorithm, rounds, Salted { salt, hash }) => {
                pbkdf2::verify(*algorithm, *rounds, salt, password, hash).is_ok()
            }
        }
    }
}

fn are_equal(made: &[u8], hash: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(made, hash).is_ok()
}

/// `[v=19$]m=19456,t=2,p=1$salt$hash`; memory in KiB, at most 1 GiB. Source: the PHC string format.
fn argon2<'a>(algorithm: Algorithm, fields: &[&str]) -> Option<Form<'a>> {
    let (version, fields) = match fields {
        ["v=19", rest @ ..] => (Version::V0x13, rest),
        // Without a version it is the first one.
        ["v=16", rest @ ..] | rest => (Version::V0x10, rest),
    };
    let [costs, salt, hash] = fields else { return None };
    let [memory, rounds, lanes] = costs_within(costs, [("m", 8, 1 << 20), ("t", 1, 64), ("p", 1, 64)])?;
    let salted = salted(salt, hash)?;
    let params = argon2::Params::new(memory, rounds, lanes, Some(salted.hash.len())).ok()?;
    Some(Form::Argon2(Argon2::new(algorithm, version, params), salted))
}

/// `10$` and 53 characters: a cost from 4 to 20, 22 of salt, 31 of hash.
fn bcrypt(fields: &[&str]) -> Option<()> {
    let [cost, rest] = fields else { return None };
    let is_cost = cost.len() == 2 && within(cost, 4, 20).is_some();
    let is_rest = rest.len() == 53 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"./".contains(&b));
    (is_cost && is_rest).then_some(())
}

/// `ln=17,r=8,p=1$salt$hash`.
fn scrypt<'a>(fields: &[&str]) -> Option<Form<'a>> {
    let [costs, salt, hash] = fields else { return None };
    let [log_n, blocks, lanes] = costs_within(costs, [("ln", 1, 20), ("r", 1, 32), ("p", 1, 16)])?;
    if blocks << log_n > SCRYPT_MEMORY_MAX {
        return None;
    }
    let params = scrypt::Params::new(u8::try_from(log_n).ok()?, blocks, lanes).ok()?;
    Some(Form::Scrypt(params, salted(salt, hash)?))
}

/// `29000$salt$hash`, or `i=29000,l=32$salt$hash` with or without the length.
fn pbkdf2<'a>(algorithm: pbkdf2::Algorithm, fields: &[&str]) -> Option<Form<'a>> {
    let [costs, salt, hash] = fields else { return None };
    let named = ("i", 1, PBKDF2_ROUNDS_MAX);
    let rounds = within(costs, 1, PBKDF2_ROUNDS_MAX)
        .or_else(|| costs_within(costs, [named]).map(|[rounds]| rounds))
        .or_else(|| costs_within(costs, [named, ("l", 10, 64)]).map(|[rounds, _]| rounds))?;
    Some(Form::Pbkdf2(algorithm, NonZeroU32::new(rounds)?, salted(salt, hash)?))
}

/// The costs, if they are these, in this order, each from its least to its largest.
fn costs_within<const N: usize>(costs: &str, known: [(&str, u32, u32); N]) -> Option<[u32; N]> {
    let mut given = costs.split(',');
    let mut read = [0; N];
    for (cost, (known, min, max)) in read.iter_mut().zip(known) {
        let (name, value) = given.next()?.split_once('=')?;
        *cost = within(value, min, max).filter(|_| name == known)?;
    }
    given.next().is_none().then_some(read)
}

/// A whole number within bounds.
fn within(text: &str, min: u32, max: u32) -> Option<u32> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && (min..=max).contains(number))
}

/// Base64 without padding, also with `.` or `-` for `+` and `_` for `/`: a salt of at least 4 bytes, a hash of at least 10.
fn salted(salt: &str, hash: &str) -> Option<Salted> {
    let bytes = |text: &str| {
        if text.contains(['.', '-', '_']) {
            return TEXT.decode(text.replace(['.', '-'], "+").replace('_', "/")).ok();
        }
        TEXT.decode(text).ok()
    };
    let (salt, hash) = (bytes(salt)?, bytes(hash)?);
    (salt.len() >= 4 && hash.len() >= 10).then_some(Salted { salt, hash })
}
