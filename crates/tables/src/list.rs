//! Lists inside one cell: `[a, b]`.

use crate::row::RowFault;

/// Takes apart a list in a cell: `[a, b]` gives `a` and `b`, trimmed, without empty items;
/// `a` alone gives `a`; a blank cell and `[]` give nothing. An item in double quotes may hold
/// commas and brackets, and a doubled quote stands for one: `["x, y", z]`.
///
/// # Errors
/// The list is not closed, a quote is not closed, something stands after a quoted item, or a
/// bracket stands unquoted inside the list.
pub fn split_list(cell: &str) -> Result<Vec<String>, RowFault> {
    let cell = cell.trim();
    let Some(rest) = cell.strip_prefix('[') else {
        return if cell.is_empty() { Ok(Vec::new()) } else { Ok(vec![cell.to_owned()]) };
    };
    let Some(mut rest) = rest.strip_suffix(']') else {
        return Err(RowFault::new("a list opened with '[' is not closed with ']'"));
    };
    let mut items = Vec::new();
    loop {
        rest = rest.trim_start();
        let (item, after) = if rest.starts_with('"') { quoted(rest)? } else { plain(rest)? };
        if !item.is_empty() {
            items.push(item);
        }
        match after {
            Some(after) => rest = after,
            None => return Ok(items),
        }
    }
}

/// One unquoted item, and what follows its comma.
fn plain(rest: &str) -> Result<(String, Option<&str>), RowFault> {
    let (item, after) = match rest.split_once(',') {
        Some((item, after)) => (item, Some(after)),
        None => (rest, None),
    };
    if item.contains(['[', ']']) {
        return Err(RowFault::new("a bracket inside a list must stand in double quotes"));
    }
    Ok((item.trim().to_owned(), after))
}

/// One item in double quotes, and what follows its comma. `rest` begins with the quote.
fn quoted(rest: &str) -> Result<(String, Option<&str>), RowFault> {
    let mut item = String::new();
    let mut rest = &rest[1..];
    loop {
        let Some((text, after)) = rest.split_once('"') else {
            return Err(RowFault::new("a quote inside a list is not closed"));
        };
        item.push_str(text);
        if let Some(after) = after.strip_prefix('"') {
            item.push('"');
            rest = after;
            continue;
        }
        let after = after.trim_start();
        let after = match after.strip_prefix(',') {
            Some(after) => Some(after),
            None if after.is_empty() => None,
            None => return Err(RowFault::new("text stands after a quoted item of a list")),
        };
        return Ok((item.trim().to_owned(), after));
    }
}

/// Puts a list into a cell: what [`split_list`] takes apart again. One item stands alone where it can.
pub fn join_list(items: &[String]) -> String {
    if let [item] = items
        && !item.starts_with('[')
    {
        return item.clone();
    }
    let item = |item: &String| {
        if item.contains(['"', ',', '[', ']']) {
            format!("\"{}\"", item.replace('"', "\"\""))
        } else {
            item.clone()
        }
    };
    if items.is_empty() {
        return String::new();
    }
    format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", "))
}
