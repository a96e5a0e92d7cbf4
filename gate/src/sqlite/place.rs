//! Where the origin's store is, by its own word.

/// Where the origin's store is in which history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it calls this life of its store.
    pub history: String,
    /// How far it is in it.
    pub position: i64,
}

impl Place {
    /// Reads the header of the origin's answer.
    pub fn parse(text: &str) -> Option<Self> {
        let (history, position) = text.split_once(':')?;
        let is_name = (1..=100).contains(&history.len());
        let position = position.parse().ok().filter(|position| *position >= 0)?;
        is_name.then(|| Self { history: history.to_owned(), position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_history_and_a_position() {
        let place = Place { history: "7-1-2".to_owned(), position: 5 };
        assert_eq!(Place::parse("7-1-2:5"), Some(place));
        let long = format!("{}:5", "h".repeat(101));
        for text in ["", ":5", "7", "7:", "7:-1", "7:5:6", "7:x", &long] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
