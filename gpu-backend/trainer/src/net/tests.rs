use super::*;

fn small() -> Net {
    let layers = vec![
        Layer::Block(Block { from: 2, to: 3, stride: 2 }),
        Layer::Tap(Tap { from: 3, to: 2, reading: Reading::Each, start: 0.0 }),
        Layer::Block(Block { from: 3, to: 4, stride: 1 }),
        Layer::Pool,
        Layer::Tap(Tap { from: 4, to: 3, reading: Reading::Mean, start: 0.5 }),
    ];
    Net::new(layers, 1)
}

fn random(dice: &mut Dice, like: &Batch) -> Batch {
    let mut batch = like.blank();
    batch.data.fill_with(|| dice.normal());
    batch
}

/// A loss that any output changes: the sum of outputs times fixed numbers.
fn loss(net: &Net, input: &Batch, by: &[Batch]) -> f64 {
    let (outputs, _) = net.learn(input.clone());
    let products = outputs.iter().zip(by).flat_map(|(a, b)| a.data.iter().zip(&b.data));
    products.map(|(a, b)| f64::from(a * b)).sum()
}

#[test]
fn gradients_match_small_changes() {
    let mut dice = Dice::new(7, 7);
    let mut net = small();
    let input = random(&mut dice, &Batch::zeros(2, 3, 8, 12));
    let (outputs, tape) = net.learn(input.clone());
    let by: Vec<Batch> = outputs.iter().map(|output| random(&mut dice, output)).collect();
    let change = net.back(tape, &by);
    for at in (0..net.weights.len()).step_by(5) {
        let (own, step) = (net.weights[at], 1e-2);
        net.weights[at] = own + step;
        let above = loss(&net, &input, &by);
        net.weights[at] = own - step;
        let below = loss(&net, &input, &by);
        net.weights[at] = own;
        let slope = (above - below) / f64::from(2.0 * step);
        let found = f64::from(change[at]);
        assert!((slope - found).abs() < 0.05 * slope.abs().max(1.0), "{at}: {slope} {found}");
    }
}

#[test]
fn folding_changes_no_output() {
    let mut net = small();
    let mut dice = Dice::new(8, 8);
    let input = random(&mut dice, &Batch::zeros(2, 4, 8, 8));
    let (outputs, tape) = net.learn(input.clone());
    net.habits.clone_from(&tape.seen);
    for (run, learnt) in net.run(input).iter().zip(outputs) {
        for (run, learnt) in run.data.iter().zip(learnt.data) {
            assert!((run - learnt).abs() < 1e-4);
        }
    }
}
