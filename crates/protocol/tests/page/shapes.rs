//! Reads names out of the crate's types: fields and values as serde knows
//! them, so that a field cannot be forgotten here.

use std::collections::BTreeSet;

use munjigi_protocol::*;
use serde::de::{Deserializer, Error as _, IntoDeserializer as _, Visitor, value};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Tables;

/// Exported types without a table under `## Types`: texts, types that stand
/// within another one, codes (they have sections of their own), and what
/// never crosses a wire.
pub const NOT_TABLES: &[&str] = &[
    "AttemptId",
    "BatchId",
    "Code",
    "InvalidAttemptId",
    "InvalidPackId",
    "UnknownPictureKind",
    "OutcomeKey",
    "PackId",
    "PictureStep",
    "PuzzleStep",
    "Route",
    "Signs",
    "SiteverifyCode",
];

/// Every table that the page must have. Heading: the type's name, for a
/// tagged type followed by the tag and its value.
pub fn all() -> Tables {
    let mut tables = Tables::new();
    macro_rules! plain {
        ($($name:ident)+) => { $(
            tables.insert(stringify!($name).to_owned(), names_of::<$name>());
        )+ };
    }
    plain! {
        Algorithm AlgorithmName BrokenModel ChallengeReply ChallengeRequest Check ClearanceReply
        ClearanceRequest ClearanceWanted Level Protection Count CountBatch CountKind
        EventBatch FleetCount PriceCount FrameState GpuVersion Health HealthCheck ImageSpan InternalState ListDelete Judgement Metadata Mode ScoreReason
        Outcome OutcomeReason OutcomeReply OutcomeReport OutcomeRequest
        Pack PackItem PageOptions PictureCount PictureRound PictureType PoolEntry Pools
        PredictReply Problem RenderReply RenderRequest RenderedImage RenderedPicture Rendering RightRound
        ScoreWeights SegmentedThing Trace RedeemedEvent Rule RuleMatch ServedModel ServedSize Sign Signals SiteConfig SiteDelete SitePut SiteState UnderAttack
        SiteverifyReply SiteverifyRequest SolutionRequest Status Verdict Version
        Want WidgetRetry WidgetSize WidgetStart WidgetTheme Work
    }
    // Reads itself as a text, so that the Worker carries no table of variants.
    let kinds = PictureKind::ALL.iter().map(|kind| kind.as_str().to_owned());
    tables.insert("PictureKind".to_owned(), kinds.collect());
    tagged(&mut tables, "Step", &steps());
    tagged(&mut tables, "Answer", &answers());
    tagged(&mut tables, "Prediction", &predictions());
    tagged(&mut tables, "SolutionReply", &solution_replies());
    tagged(&mut tables, "PageMessage", &page_messages());
    tagged(&mut tables, "FrameMessage", &frame_messages());
    tables
}

/// The types in the crate's `pub use` lists.
pub fn exported_types() -> Vec<String> {
    let source = include_str!("../../src/lib.rs");
    let lists = source.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next());
    lists
        .flat_map(|list| list.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
        .filter(|word| word.contains(|c: char| c.is_ascii_lowercase()))
        .map(str::to_owned)
        .collect()
}

/// A deserializer that only writes down which names a type asks for.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    fn take(&mut self, names: &[&str]) -> value::Error {
        self.0 = names.iter().map(|name| (*name).to_owned()).collect();
        value::Error::custom("written down")
    }
}

impl<'de> Deserializer<'de> for &mut Names {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(value::Error::custom("neither a struct nor an enum"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, value::Error> {
        Err(self.take(fields))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, value::Error> {
        Err(self.take(variants))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// Fields of a struct or values of an enum.
fn names_of<T: for<'de> Deserialize<'de>>() -> BTreeSet<String> {
    let mut names = Names::default();
    drop(T::deserialize(&mut names));
    if names.0.is_empty() {
        // An enum that reads a text itself; it says which texts it knows.
        let refused = T::deserialize("".into_deserializer()).map(drop);
        let refused = refused.map_err(|error: value::Error| named_in(&error));
        names.0.extend(refused.err().into_iter().flatten());
    }
    assert!(!names.0.is_empty(), "{} has no names", std::any::type_name::<T>());
    names.0
}

/// The names that a type's own error message says it expected.
fn named_in(refused: &impl std::fmt::Display) -> Vec<String> {
    let text = refused.to_string();
    let text = text.split_once("expected").map_or(text.as_str(), |(_, names)| names);
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Adds one table per value of the tag. The type's own error message lists the
/// values, so that no example can be forgotten.
fn tagged<T>(tables: &mut Tables, name: &str, exemplars: &[T])
where
    T: Serialize + for<'de> Deserialize<'de> + std::fmt::Debug,
{
    let complaint = |value: Value| -> Vec<String> {
        let refused = T::deserialize(value.into_deserializer());
        named_in(&refused.expect_err("no value of the tag is missing or empty"))
    };
    let tag = complaint(json!({})).remove(0);
    let known: BTreeSet<String> = complaint(json!({ &tag: "" })).into_iter().collect();
    let mut shown = BTreeSet::new();
    for exemplar in exemplars {
        let Value::Object(fields) = serde_json::to_value(exemplar).expect("wire types are JSON")
        else {
            panic!("{exemplar:?} is not an object");
        };
        let value = fields[&tag].as_str().expect("a tag is a text").to_owned();
        let names = fields.keys().filter(|field| **field != tag).cloned().collect();
        tables.insert(format!("{name} {tag} {value}"), names);
        shown.insert(value);
    }
    assert_eq!(shown, known, "exemplars of {name}");
}

fn puzzle() -> Step {
    Step::Puzzle(PuzzleStep {
        algorithm: Algorithm::HashWx,
        id: AttemptId([0; 16]),
        first: 0,
        count: 16,
        work: 40_000,
        epoch_len: 65_536,
    })
}

fn steps() -> [Step; 2] {
    let picture =
        PictureStep { picture_type: PictureType::Grid, rows: 3, columns: 3, rounds: Vec::new() };
    [puzzle(), Step::Picture(picture)]
}

fn answers() -> [Answer; 3] {
    let trace = Trace::default();
    [
        Answer::Grid { cells: Vec::new(), trace },
        Answer::Area { points: Vec::new(), trace },
        Answer::Turn { views: Vec::new(), trace },
    ]
}

fn predictions() -> [Prediction; 2] {
    [Prediction::Classify { classes: Vec::new() }, Prediction::Segment { things: Vec::new() }]
}

fn solution_replies() -> [SolutionReply; 2] {
    let next = ChallengeReply { challenge: String::new(), expires_in: 300, step: puzzle() };
    [SolutionReply::Passed { token: String::new(), expires_in: 300 }, SolutionReply::Next(next)]
}

fn page_messages() -> [PageMessage; 7] {
    let options = PageOptions {
        action: String::new(),
        cdata: String::new(),
        theme: WidgetTheme::Auto,
        size: WidgetSize::Normal,
        language: String::new(),
        tabindex: 0,
        retry: WidgetRetry::Auto,
        start: WidgetStart::Page,
    };
    [
        PageMessage::Start { options },
        PageMessage::Interaction { signals: Signals::default() },
        PageMessage::Execute { signals: Signals::default() },
        PageMessage::Reset,
        PageMessage::Remove,
        PageMessage::Under,
        PageMessage::Over,
    ]
}

fn frame_messages() -> [FrameMessage; 8] {
    [
        FrameMessage::Ready,
        FrameMessage::State { state: FrameState::Idle },
        FrameMessage::Token { token: String::new(), expires_in: 300 },
        FrameMessage::Expired,
        FrameMessage::Error { code: String::new() },
        FrameMessage::Resize { width: 300, height: 65 },
        FrameMessage::Open,
        FrameMessage::Close { aside: true },
    ]
}
