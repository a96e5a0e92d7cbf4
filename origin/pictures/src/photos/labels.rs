//! Which labels a model outputs, and which of the widget's things each of them
//! means. A list is a text with a label per line, in the order of the network's
//! outputs: `LABEL`, or `LABEL = THING`; `#` starts a comment.

use std::collections::BTreeMap;

/// Built-in lists, by name.
pub const LISTS: [(&str, &str); 2] = [
    ("imagenet-1k", include_str!("../../../../docs/labels/imagenet-1k.txt")),
    ("coco-80", include_str!("../../../../docs/labels/coco-80.txt")),
];

/// Labels and the things that they mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels(BTreeMap<String, Option<String>>);

/// What is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelsError {
    #[error("it contains no labels")]
    Empty,
    /// A thing that cannot be asked for.
    #[error(
        "line {line}: `{thing}` is not a valid thing: use at most 32 lower-case letters, - and _"
    )]
    Thing {
        /// Counted from 1.
        line: usize,
        /// As written there.
        thing: String,
    },
    /// A label on two lines is ambiguous.
    #[error("the label `{0}` is listed twice")]
    Twice(String),
    /// Two lists disagree about this label.
    #[error("the label `{0}` means different things in two lists")]
    Disagree(String),
    /// An alias for a label that is on no list.
    #[error("no list contains the label `{0}`")]
    Unlisted(String),
}

impl LabelsError {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "labels-empty",
            Self::Thing { .. } => "labels-thing-invalid",
            Self::Twice(_) => "labels-twice",
            Self::Disagree(_) => "labels-disagree",
            Self::Unlisted(_) => "labels-unlisted",
        }
    }
}

impl Labels {
    /// Parses a list.
    pub fn read(text: &str) -> Result<Self, LabelsError> {
        let mut labels = BTreeMap::new();
        for (line, text) in (1..).zip(text.lines().map(str::trim)) {
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let (label, thing) = match text.split_once(" = ") {
                Some((label, thing)) => (label.trim_end(), Some(thing.trim_start())),
                None => (text, None),
            };
            if let Some(thing) = thing.filter(|thing| !is_key(thing)) {
                return Err(LabelsError::Thing { line, thing: thing.to_owned() });
            }
            if labels.insert(label.to_owned(), thing.map(str::to_owned)).is_some() {
                return Err(LabelsError::Twice(label.to_owned()));
            }
        }
        if labels.is_empty() { Err(LabelsError::Empty) } else { Ok(Self(labels)) }
    }

    /// Both lists together: a photo may be given to two models.
    pub fn and(mut self, other: Self) -> Result<Self, LabelsError> {
        for (label, thing) in other.0 {
            if self.0.get(&label).is_some_and(|known| *known != thing) {
                return Err(LabelsError::Disagree(label));
            }
            self.0.insert(label, thing);
        }
        Ok(self)
    }

    /// The same list, with another thing for one of the labels.
    pub fn with(mut self, label: &str, thing: &str) -> Result<Self, LabelsError> {
        let meant = self.0.get_mut(label).ok_or_else(|| LabelsError::Unlisted(label.to_owned()))?;
        *meant = Some(thing.to_owned());
        Ok(self)
    }

    /// The thing that a label means, if any; the outer `None` means that the
    /// label is not listed.
    pub fn thing(&self, label: &str) -> Option<Option<&str>> {
        self.0.get(label).map(Option::as_deref)
    }
}

/// Whether a word can be a key of the widget's locale files.
pub fn is_key(word: &str) -> bool {
    (1..=32).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_labels_and_what_they_mean() {
        let labels = Labels::read("# Shapes.\n\ntench\nmountain bike = bicycle\n").unwrap();
        assert_eq!(labels.thing("mountain bike"), Some(Some("bicycle")));
        assert_eq!(labels.thing("tench"), Some(None));
        assert_eq!(labels.thing("bicycle"), None);
        let unlisted = labels.clone().with("tenhc", "fish");
        assert_eq!(unlisted, Err(LabelsError::Unlisted("tenhc".to_owned())));
        assert_eq!(labels.with("tench", "fish").unwrap().thing("tench"), Some(Some("fish")));
    }

    #[test]
    fn an_error_in_a_list_names_its_line() {
        let rows = [
            ("# nothing\n", LabelsError::Empty),
            ("a\nb\na\n", LabelsError::Twice("a".to_owned())),
            ("a = b\nc = A bike\n", LabelsError::Thing { line: 2, thing: "A bike".to_owned() }),
        ];
        for (text, error) in rows {
            assert_eq!(Labels::read(text), Err(error), "{text}");
        }
        let (one, other) = (Labels::read("a = b").unwrap(), Labels::read("a = c\nd").unwrap());
        assert_eq!(one.clone().and(other), Err(LabelsError::Disagree("a".to_owned())));
        assert_eq!(one.clone().and(Labels::read("d").unwrap()).unwrap().thing("d"), Some(None));
    }

    #[test]
    fn built_in_lists_are_complete_and_only_use_things_of_the_widget() {
        let words = include_str!("../../../../widget/picture/locales/en.json");
        let words: serde_json::Value = serde_json::from_str(words).unwrap();
        let known = words["things"].as_object().unwrap();
        for ((name, text), count) in LISTS.into_iter().zip([1000, 80]) {
            let labels = Labels::read(text).unwrap();
            assert_eq!(labels.0.len(), count, "{name}");
            let things: Vec<&String> = labels.0.values().flatten().collect();
            assert!(things.len() >= 10, "{name}");
            for thing in things {
                assert!(known.contains_key(thing), "{name}: {thing}");
            }
            assert!(text.contains("BSD-3-Clause"), "{name} says what permits its use");
        }
        let [one, other] = LISTS.map(|(_, text)| Labels::read(text).unwrap());
        assert!(one.and(other).is_ok(), "a classifier and a segmenter may look at one photo");
    }
}
