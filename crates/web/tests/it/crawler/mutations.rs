//! A path in all the spellings that one reader takes for the same and another one for something else.

/// What is put behind each piece of a path, before it, or in its place as `{}`.
const SPELLINGS: &[&str] = &[
    "{}%2F",
    "{}%2f",
    "{}%5C",
    "{}%5c..",
    "{}%00",
    "{}%00.json",
    "{}%0a",
    "{}%0d%0aX:%20y",
    "{}%09",
    "{}%20",
    "{};",
    "{};x",
    "{};x=1",
    "{}%3b",
    "{}%3Bx=1",
    "{}.",
    "{}..",
    "{}...",
    "{}/.",
    "{}/..",
    "{}/./",
    "{}/../",
    "{}//",
    "{}/;/",
    "{}/%2e",
    "{}/%2e%2e",
    "{}/%2E%2E/",
    "{}/%252e%252e",
    "{}%252f",
    "{}%25%32%66",
    "{}%c0%af",
    "{}%c0%ae",
    "{}%e0%80%af",
    "{}%f0%80%80%af",
    "{}%c1%9c",
    "{}%ff",
    "{}%ed%a0%80",
    "{}%",
    "{}%g0",
    "{}%u002f",
    "{}%ef%bc%8f",
    "{}%e2%80%ae",
    "{}%7f",
    "{}.json",
    "{}~",
    "{}*",
    "{}:",
    "{}%3a",
    "{}@",
    "{}+",
    "{}%2b",
    "./{}",
    "../{}",
    "/{}",
    "%2e/{}",
    "%2e%2e/{}",
    ";/{}",
    "%2f{}",
    "x/../{}",
    "x/%2e%2e/{}",
    "x%2f..%2f{}",
    "%00{}",
    "%20{}",
    "%c0%ae%c0%ae/{}",
    "\\{}",
    "{}\\",
];

/// What leads from anywhere to a route that everybody may call, if it is read in two ways.
const PUBLIC: &[&str] = &["health", "openapi.json", "api/v1/limits", "scim/v2/ServiceProviderConfig"];

/// Many spellings of a path, none of which is the route's as it is written, but some of which mean it.
pub fn of(path: &str) -> Vec<String> {
    let pieces: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let mut found = Vec::new();
    // The whole set at the last piece, a part of it at each other one.
    for (index, piece) in pieces.iter().enumerate() {
        let is_last = index + 1 == pieces.len();
        let some = SPELLINGS.iter().enumerate().filter(|(at, _)| is_last || at % pieces.len() == index);
        for (_, spelling) in some {
            let mut pieces: Vec<String> = pieces.iter().map(|&piece| piece.to_owned()).collect();
            pieces[index] = spelling.replace("{}", piece);
            found.push(format!("/{}", pieces.join("/")));
        }
    }
    let up = "/..".repeat(pieces.len());
    let up_encoded = "/%2e%2e".repeat(pieces.len());
    for public in PUBLIC {
        found.extend(["", ";", "%2f..", "/."].map(|trick| format!("{path}{trick}{up}/{public}")));
        found.push(format!("{path}{up_encoded}/{public}"));
        found.push(format!("/{public}/..{path}"));
        found.push(format!("/{public}%2f..{path}"));
        found.push(format!("/{public};{path}"));
        found.push(format!("{path}?/../{public}"));
        found.push(format!("{path}%3f/../{public}"));
        found.push(format!("{path}%23/{public}"));
    }
    found.extend(whole(path));
    found.retain(|spelling| spelling != path);
    found
}

fn whole(path: &str) -> Vec<String> {
    let encoded = path.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"));
    let pieces = path.bytes().fold(String::new(), |text, byte| match byte {
        b'/' => text + "/",
        _ => format!("{text}%{byte:02X}"),
    });
    let swapped: String = path
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    vec![
        path.to_uppercase(),
        path.to_lowercase(),
        swapped,
        pieces,
        format!("/{encoded}"),
        path.replace('/', "//"),
        format!("/{}", path.replace('/', "%2f")),
        format!("/{}", path.replace('/', "\\")),
        path.replace('/', "/./"),
        format!("{path}/"),
        format!("/{path}"),
        format!("http://other.example{path}"),
        format!("https://throng.example:1{path}"),
        format!("{path}{}", "/x".repeat(5_000)),
        format!("{path}{}", "x".repeat(50_000)),
        format!("/{}{path}", "../".repeat(1_000)),
    ]
}

/// Whether two readers could read a path in two ways: such a one leads nowhere.
pub fn is_ambiguous(spelling: &str) -> bool {
    let path = spelling.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
    path.contains("//") || path.split('/').any(|piece| decoded(piece).is_none_or(|text| is_two(&text)))
}

fn is_two(text: &str) -> bool {
    text == "." || text == ".." || text.chars().any(|c| c.is_control() || "/\\;".contains(c))
}

/// A piece without its escapes; none if one is broken or what comes out is no text.
fn decoded(piece: &str) -> Option<String> {
    let mut pieces = piece.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[test]
fn every_path_has_many_spellings() {
    for path in ["/scim/v2", "/scim/v2/Users/7", "/api/v1/accounts/ACME/jobs/7/items/download"] {
        let mut all = of(path);
        all.sort_unstable();
        all.dedup();
        assert!(all.len() > 120 && !all.iter().any(|spelling| spelling == path), "{path}: {}", all.len());
    }
}
