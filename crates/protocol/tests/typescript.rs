//! Checks that `widget/src-ts/protocol.ts` matches these types. To rewrite it:
//! `MUNJIGI_WRITE=1 cargo test -p munjigi-protocol --features typescript --test typescript`.

use std::path::Path;

use munjigi_protocol::{
    Algorithm, AlgorithmName, Answer, ChallengeReply, ChallengeRequest, ClearanceReply,
    ClearanceRequest, ClearanceWanted, Code, FrameMessage, FrameState, Level, Mode, PageMessage,
    PageOptions, PictureRound, PictureStep, PictureType, Problem, PuzzleStep, Signals,
    SolutionReply, SolutionRequest, Step, Trace, Want, WidgetRetry, WidgetSize, WidgetStart,
    WidgetTheme,
};
use ts_rs::{Config, TS};

const HEAD: &str = "\
// Generated from crates/protocol by its test `typescript`; do not edit.
";

fn typescript() -> String {
    let config = Config::new();
    macro_rules! declarations {
        ($($name:ty),+ $(,)?) => { [$(<$name as TS>::decl(&config)),+] };
    }
    let declarations = declarations![
        Algorithm,
        AlgorithmName,
        Answer,
        ChallengeReply,
        ChallengeRequest,
        ClearanceReply,
        ClearanceRequest,
        ClearanceWanted,
        Code,
        FrameMessage,
        FrameState,
        Level,
        Mode,
        PageMessage,
        PageOptions,
        PictureRound,
        PictureStep,
        PictureType,
        Problem,
        PuzzleStep,
        Signals,
        SolutionReply,
        SolutionRequest,
        Step,
        Trace,
        Want,
        WidgetRetry,
        WidgetSize,
        WidgetStart,
        WidgetTheme,
    ];
    declarations
        .iter()
        .fold(HEAD.to_owned(), |text, declaration| format!("{text}\nexport {declaration}\n"))
}

#[test]
fn the_widget_is_written_against_these_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../widget/src-ts/protocol.ts");
    let now = typescript();
    if std::env::var_os("MUNJIGI_WRITE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "protocol.ts is out of date; see the top of this test");
}
