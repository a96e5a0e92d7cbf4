use super::*;
use munjigi_format::contract::format;

const ROW: [(&str, &str); 9] = [
    ("02", "kind: address"),
    ("07", "site 7"),
    ("ac02", "key 300"),
    ("01", "share: small"),
    ("010b", "formerly 11"),
    ("05", "issued 5"),
    ("03", "solved 3"),
    ("01", "failed 1"),
    ("020809", "seen with it: 8, 9"),
];

fn row() -> Row {
    Row {
        key: 300,
        share: Share::Small,
        formerly: Some(11),
        issued: 5,
        solved: 3,
        failed: 1,
        seen: vec![8, 9],
        ..Row::of(Kind::Address, 7)
    }
}

#[test]
fn a_report_is_these_bytes() {
    let report = Report {
        part: 1,
        rows: vec![row()],
        solutions: vec![Solution { event: 12, network: 13, payer: Payer::Regular, rows: vec![0] }],
        passed: vec![Passes { site: 7, names: vec![(21, 22)] }],
        earlier: vec![Passes { site: 7, names: vec![(23, 24)] }],
        flooded: vec![Flooded { site: 7, since: 25, told: Some(26) }],
    };
    let parts = [
        &[("01", "version"), ("01", "part 1"), ("01", "rows")][..],
        &ROW,
        &[
            ("010c0d010100", "solutions: event 12, network 13, payer: regular, rows: 0"),
            ("0107011516", "passed: site 7, name 21 in half-life 22"),
            ("0107011718", "earlier: site 7, name 23 in half-life 24"),
            ("010719011a", "flooded: site 7, since 25, told 26"),
        ],
    ];
    format(&report, &parts.concat());
}

#[test]
fn totals_are_these_bytes() {
    let usual = Some(Usual { share: Some(27), people: Some(28) });
    let total =
        Total { issued: 1, solved: 2, charged: 3, regular: 4, failed: 5, distinct: 6, usual };
    let busy = Busy { kind: Kind::Software, key: 300, share: Share::Full, total: Total::default() };
    let totals = Totals {
        rows: vec![total],
        busy: vec![busy],
        regulars: vec![Regulars { site: 7, names: vec![29] }],
    };
    let parts = [
        ("01", "version"),
        ("01", "rows"),
        ("010203040506", "issued, solved, charged, regular, failed, distinct"),
        ("01011b011c", "usual: share 27, people 28"),
        ("01", "busy"),
        ("09ac0200", "kind: stack, key 300, share: full"),
        ("00000000000000", "nothing counted, nothing usual"),
        ("0107011d", "regulars: site 7, name 29"),
    ];
    format(&totals, &parts);
}

/// The numbers of kinds are part of reports and of what a meter keeps.
#[test]
fn kinds_keep_their_numbers() {
    let kinds = [
        Kind::Site,
        Kind::Fallback,
        Kind::Address,
        Kind::Client,
        Kind::Network,
        Kind::Subnet,
        Kind::Block,
        Kind::System,
        Kind::Trace,
        Kind::Software,
    ];
    for (number, kind) in (0_u8..).zip(kinds) {
        assert_eq!(postcard::to_allocvec(&kind), Ok(vec![number]), "{kind:?}");
    }
}
