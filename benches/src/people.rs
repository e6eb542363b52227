//! Made-up people, the same at every run.

use std::fmt::Write as _;

use uuid::Uuid;

const FIRST: [&str; 24] = [
    "Ada", "Amir", "Anneke", "Bao", "Carla", "Chidi", "Dara", "Elif", "Farid", "Greta", "Hana", "Igor",
    "Jorge", "Kaito", "Leila", "Mara", "Nils", "Oluchi", "Priya", "Quentin", "Rosa", "Sven", "Tomas",
    "Yusuf",
];
const LAST: [&str; 32] = [
    "Abe", "Andersen", "Baker", "Bianchi", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad",
    "Ivanov", "Jansen", "Kaya", "Khan", "Larsen", "Mbeki", "Moreau", "Nakamura", "Novak", "Okafor", "Osei",
    "Patel", "Quispe", "Rossi", "Santos", "Silva", "Tanaka", "Ueda", "Virtanen", "Weber", "Yilmaz", "Zhang",
];

/// Numbers that look random and are the same at every run.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (splitmix64).
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// An index below `length`, which is not 0.
    pub fn below(&mut self, length: usize) -> usize {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.next() % length).unwrap_or(0)
    }

    /// Any order, all about equally likely.
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

/// The e-mail of a person in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emails {
    /// The login.
    Login,
    /// In another order than the logins.
    Random,
}

/// A made-up person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Which one, from 0 on: nobody else of the same run has it.
    pub number: usize,
    /// The login.
    pub login: String,
    /// The given name.
    pub first: &'static str,
    /// The family name.
    pub last: &'static str,
    /// The e-mail.
    pub email: String,
}

/// So many people, in random order.
pub fn persons(people: usize, emails: Emails) -> impl Iterator<Item = Person> {
    let mut random = Random::new(1);
    let mut numbers: Vec<usize> = (0..people).collect();
    random.shuffle(&mut numbers);
    numbers.into_iter().map(move |number| {
        let (first, last) = (FIRST[random.below(FIRST.len())], LAST[random.below(LAST.len())]);
        let login = format!("{}.{}.{number}@example.com", first.to_lowercase(), last.to_lowercase());
        let email = match emails {
            Emails::Login => login.clone(),
            Emails::Random => format!("{:016x}@mail.example.com", random.next()),
        };
        Person { number, login, first, last, email }
    })
}

/// A CSV file of so many people, in random order.
pub fn csv(people: usize, emails: Emails) -> Vec<u8> {
    let mut file = String::with_capacity(people * 112 + 100);
    file.push_str("Login Id,Last Name,First Name,Display Name,Roles,Email\r\n");
    for Person { login, first, last, email, .. } in persons(people, emails) {
        // Writing to a string cannot fail.
        let _ = write!(file, "{login},{last},{first},{first} {last},[Agent],{email}\r\n");
    }
    file.into_bytes()
}

/// The people of an account, in the order in which they were created.
#[derive(Debug, Default)]
pub struct People {
    /// The keys in the database.
    pub keys: Vec<i64>,
    /// The ids.
    pub ids: Vec<Uuid>,
    /// The userNames.
    pub names: Vec<String>,
}

impl People {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Every index, in random order.
    pub fn random_order(&self, seed: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        Random::new(seed).shuffle(&mut order);
        order
    }
}

#[cfg(test)]
mod tests;
