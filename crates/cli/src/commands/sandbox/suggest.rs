//! What was probably meant.

/// The word that is nearest, if it is near.
pub(super) fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let farthest = (given.chars().count() / 3).max(1);
    let near = known.iter().map(|word| (distance(given, word), *word));
    near.filter(|(far, _)| *far <= farthest).min().map(|(_, word)| word)
}

/// How many characters must be added, removed, replaced or swapped with the next.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(a != b);
            let mut least = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && one[i - 1] == *b && *a == other[j - 1];
            if swapped {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_word_is_suggested() {
        let known = ["amount", "captured", "currency"];
        for (given, expected) in [
            ("ammount", Some("amount")),
            ("amonut", Some("amount")),
            ("captured_", Some("captured")),
            ("curency", Some("currency")),
            ("price", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, &known), expected, "{given}");
        }
    }
}
