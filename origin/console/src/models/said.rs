//! What a model said of a picture, as it is shown beside other models.

use munjigi_protocol::{PredictReply, Prediction, SegmentedThing, base64};

/// Classes and things that are shown, the surest first.
const MOST_CLASSES: usize = 5;
const MOST_THINGS: usize = 20;

/// One model's part of the page.
pub(super) struct Card {
    /// `NAME@VERSION`; as asked for, where there is no answer.
    pub model: String,
    pub told: Result<Said, String>,
}

pub(super) struct Said {
    pub reply: PredictReply,
    /// The same as JSON, for the form.
    pub json: String,
    pub lines: Vec<Line>,
    /// Boxes and masks over the picture.
    pub shapes: Vec<Shape>,
}

/// A class, or a thing.
pub(super) struct Line {
    pub label: String,
    pub score: f32,
    /// What the first model that answered says of it, in percentage points less
    /// or more; absent for that one, and if it is silent.
    pub apart: Option<String>,
}

/// Where a thing is, in pixels of the picture.
pub(super) struct Shape {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
    /// The squares of its mask.
    pub mask: String,
}

impl Card {
    pub(super) fn all(
        models: Vec<String>,
        told: Vec<Result<PredictReply, String>>,
        size: (u32, u32),
    ) -> Vec<Self> {
        let mut first: Option<Vec<(String, f32)>> = None;
        let card = |(model, told): (String, Result<PredictReply, String>)| match told {
            Ok(reply) => {
                let said = Said::new(reply, size, first.as_deref());
                let mine = said.lines.iter().map(|line| (line.label.clone(), line.score));
                first.get_or_insert_with(|| mine.collect());
                Self { model: said.model(), told: Ok(said) }
            }
            Err(why) => Self { model, told: Err(why) },
        };
        models.into_iter().zip(told).map(card).collect()
    }
}

impl Said {
    fn new(mut reply: PredictReply, size: (u32, u32), first: Option<&[(String, f32)]>) -> Self {
        let (scores, shapes): (Vec<(String, f32)>, Vec<Shape>) = match &mut reply.prediction {
            Prediction::Classify { classes } => {
                classes.truncate(MOST_CLASSES);
                (classes.clone(), Vec::new())
            }
            Prediction::Segment { things } => {
                things.truncate(MOST_THINGS);
                let scores = things.iter().map(|thing| (thing.label.clone(), thing.score));
                (scores.collect(), things.iter().map(|thing| Shape::of(thing, size)).collect())
            }
        };
        let line = |(label, score): (String, f32)| {
            let before = first.and_then(|first| first.iter().find(|(other, _)| *other == label));
            Line { apart: before.map(|(_, before)| points(score - before)), label, score }
        };
        let lines = scores.into_iter().map(line).collect();
        Self { json: serde_json::json!(reply).to_string(), reply, lines, shapes }
    }

    fn model(&self) -> String {
        format!("{}@{}", self.reply.model, self.reply.version)
    }

    /// From the call's arrival at the gpu-backend to its answer.
    pub(super) fn milliseconds(&self) -> String {
        format!("{:.1}", self.reply.milliseconds)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "from -100 to 100")]
fn points(share: f32) -> String {
    match (share * 100.0).clamp(-100.0, 100.0).round() as i32 {
        0 => "±0".to_owned(),
        less @ ..0 => format!("−{}", -less),
        more => format!("+{more}"),
    }
}

impl Shape {
    fn of(thing: &SegmentedThing, (width, height): (u32, u32)) -> Self {
        let [left, top, right, bottom] = thing.bounds;
        let (columns, rows) = (u32::from(thing.columns).max(1), u32::from(thing.rows).max(1));
        let mask = base64::decode(&thing.mask).unwrap_or_default();
        let is_set = |place: &u32| {
            let place = *place as usize;
            mask.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
        };
        let (wide, high) =
            (f64::from(width) / f64::from(columns), f64::from(height) / f64::from(rows));
        let square = |place: u32| {
            let (x, y) = (f64::from(place % columns) * wide, f64::from(place / columns) * high);
            format!("M{x:.1} {y:.1}h{wide:.1}v{high:.1}h-{wide:.1}z")
        };
        Self {
            left,
            top,
            width: (right - left).max(0.0),
            height: (bottom - top).max(0.0),
            mask: (0..columns * rows).filter(is_set).map(square).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(version: &str, prediction: Prediction) -> PredictReply {
        PredictReply {
            model: "net".to_owned(),
            version: version.to_owned(),
            engine: "rten".to_owned(),
            prediction,
            milliseconds: 12.34,
        }
    }

    fn classes(version: &str, classes: &[(&str, f32)]) -> PredictReply {
        let classes = classes.iter().map(|(label, score)| ((*label).to_owned(), *score)).collect();
        reply(version, Prediction::Classify { classes })
    }

    #[test]
    fn versions_are_compared_with_the_first_that_answered() {
        let told = vec![
            Err("the gpu-backend is busy".to_owned()),
            Ok(classes("1.0.0", &[("cat", 0.9), ("dog", 0.1)])),
            Ok(classes("1.0.1", &[("cat", 0.85), ("fox", 0.1)])),
        ];
        let models = ["net@0.9.0", "net@1.0.0", "net@1.0.1"].map(str::to_owned).to_vec();
        let cards = Card::all(models, told, (10, 10));
        let names: Vec<&str> = cards.iter().map(|card| card.model.as_str()).collect();
        assert_eq!(names, ["net@0.9.0", "net@1.0.0", "net@1.0.1"]);
        let apart = |card: &Card| -> Vec<Option<String>> {
            card.told.as_ref().unwrap().lines.iter().map(|line| line.apart.clone()).collect()
        };
        assert!(cards[0].told.is_err());
        assert_eq!(apart(&cards[1]), [None, None]);
        assert_eq!(apart(&cards[2]), [Some("−5".to_owned()), None]);
        assert_eq!(cards[1].told.as_ref().unwrap().milliseconds(), "12.3");
    }

    #[test]
    fn a_mask_covers_the_picture_whatever_its_size() {
        let thing = SegmentedThing {
            label: "dog".to_owned(),
            score: 0.8,
            bounds: [10.0, 20.0, 50.0, 10.0],
            columns: 4,
            rows: 2,
            mask: base64::encode(&[0b1000_0001]),
        };
        let shape = Shape::of(&thing, (200, 100));
        assert_eq!(shape.mask, "M0.0 0.0h50.0v50.0h-50.0zM150.0 50.0h50.0v50.0h-50.0z");
        assert_eq!((shape.left, shape.width, shape.height), (10.0, 40.0, 0.0));
        let broken = SegmentedThing { columns: 0, rows: 0, mask: "?".to_owned(), ..thing };
        assert_eq!(Shape::of(&broken, (200, 100)).mask, "");
    }
}
