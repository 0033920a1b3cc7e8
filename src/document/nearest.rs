//! Which known word somebody probably meant.

/// The known word with the fewest slips between it and the written one, unless they have too little in common.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = |word: &str| (word.chars().count().max(written.chars().count()) / 3).max(1);
    known
        .into_iter()
        .map(|word| (slips(written, word), word))
        .filter(|(count, word)| *count <= allowed(word))
        .min()
        .map(|(_, word)| word)
}

/// Letters to insert, drop, change or swap with their neighbour to turn one word into the other.
fn slips(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().take(64).collect();
    let right: Vec<char> = right.to_lowercase().chars().take(64).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let change = last[column] + usize::from(letter != other);
            let mut best = change.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *letter == right[column - 1] && left[row - 1] == *other {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_finds_none() {
        let known = ["name", "system", "greeting", "top_p"];
        assert_eq!(nearest("sytem", known), Some("system"));
        assert_eq!(nearest("gretting", known), Some("greeting"));
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("Name", known), Some("name"));
        assert_eq!(nearest("topp", known), Some("top_p"));
        assert_eq!(nearest("lorebook", known), None);
        assert_eq!(nearest("", known), None);
    }
}
