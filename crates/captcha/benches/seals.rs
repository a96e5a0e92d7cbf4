//! Measures what an edge computes per request, natively and in one run. Each
//! route is printed beside the seal that it cannot avoid. Run with `cargo bench
//! -p munjigi-captcha --features contract`.

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use munjigi_captcha::contract::World;
use munjigi_captcha::{ChallengeClaims, TokenClaims, solve};

fn benches(criterion: &mut Criterion) {
    let mut world = World::new();
    world.site.exempt = true;
    world.site.work.floor = 1;
    let challenge = world.challenge();
    let solution = world.solution(&challenge);
    let token = world.token(&solution);
    let challenge_claims = ChallengeClaims::open(&world.authority, &challenge.challenge)
        .expect("a challenge of this world");
    let token_claims = TokenClaims::open(&world.authority, &token).expect("a token of this world");

    let mut group = criterion.benchmark_group("captcha");
    group.measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    group.bench_function("seal a token", |b| {
        b.iter(|| black_box(&token_claims).seal(&world.authority));
    });
    group.bench_function("open a token", |b| {
        b.iter(|| TokenClaims::open(&world.authority, black_box(&token)));
    });
    let mut source = World::new();
    group.bench_function("seal a challenge", |b| {
        b.iter(|| black_box(&challenge_claims).seal(&world.authority, source.rng()));
    });
    group.bench_function("open a challenge", |b| {
        b.iter(|| solve::open(&world.authority, black_box(&solution)));
    });
    let request = world.request();
    group.bench_function("issue", |b| b.iter(|| world.issue(black_box(&request))));
    group.bench_function("solve, work 1, 4 sub-puzzles", |b| {
        b.iter(|| world.solve(black_box(&solution)));
    });
    let spent = world.verification(&token);
    world.siteverify(&spent);
    group.bench_function("siteverify, spent", |b| {
        b.iter(|| world.siteverify(black_box(&spent)));
    });
    group.finish();
}

criterion::criterion_group!(seals, benches);
criterion::criterion_main!(seals);
