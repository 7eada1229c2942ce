//! Positions in a frame: counters within counters.

use crate::condition::Condition;
use crate::text::counter_bits;
use askama::Template;

/// A counter of a [`Walk`].
#[derive(Clone, Debug)]
pub(crate) struct Counter {
    name: &'static str,
    count: usize,
    matters: bool,
    /// Period and first value of a second register that counts along.
    phase: Option<(usize, usize)>,
}

impl Counter {
    /// Counts `0..count`.
    pub fn new(name: &'static str, count: usize) -> Self {
        Counter { name, count, matters: true, phase: None }
    }

    /// The same, where it is known whether anything but the walk itself looks at it.
    pub fn that_matters(self, matters: bool) -> Self {
        Counter { matters, ..self }
    }

    /// The same with `<name>_phase` beside it: what it counts plus `start`, modulo `period`.
    pub fn with_phase(self, period: usize, start: usize) -> Self {
        let phase = (period > 1).then_some((period, start));
        Counter { phase, ..self }
    }

    /// Width.
    fn bits(&self) -> usize {
        counter_bits(self.count)
    }

    /// Width, last and first value of the phase.
    fn phase_numbers(&self) -> Option<(usize, usize, usize)> {
        self.phase.map(|(period, start)| (counter_bits(period), period - 1, start))
    }

    /// The value after this one.
    fn next(&self) -> String {
        let name = self.name;
        format!("last_{name} ? {}'d0 : {name} + 1'b1", self.bits())
    }

    /// The phase after this one.
    fn next_phase(&self) -> Option<String> {
        let (name, (bits, last, start)) = (self.name, self.phase_numbers()?);
        let wrapped = format!("{name}_phase == {bits}'d{last} ? {bits}'d0 : {name}_phase + 1'b1");
        Some(format!("last_{name} ? {bits}'d{start} : {wrapped}"))
    }
}

/// Counters within counters, innermost first: a step moves the innermost on, and each that wraps the next.
/// Counters of one value, and outer ones that do not matter, are not there.
///
/// Renders as their registers, with `last_<name>` where one is at its last value and `end_<name>` where it and
/// all within it are.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/walk.v")]
pub(crate) struct Walk {
    /// The wire that steps.
    step: &'static str,
    counters: Vec<Counter>,
    /// All counters, with those that are known.
    all: Vec<Counter>,
    /// Whether anything asks for the end of the outermost.
    closes: bool,
}

impl Walk {
    /// The walk of these counters, stepped by a wire.
    pub fn new(step: &'static str, counters: impl IntoIterator<Item = Counter>) -> Self {
        let mut all: Vec<Counter> = counters.into_iter().collect();
        while all.last().is_some_and(|counter| !counter.matters) {
            all.pop();
        }
        let counters = all.iter().filter(|counter| counter.count > 1).cloned().collect();
        Walk { step, counters, all, closes: false }
    }

    /// The same, where `end_<name>` of the outermost is asked for.
    pub fn closing(self) -> Self {
        Walk { closes: true, ..self }
    }

    /// Whether a counter is at `value`.
    pub fn is(&self, name: &str, value: usize) -> Condition {
        match self.register(name) {
            None => Condition::known(value == 0),
            Some(c) if value >= c.count => Condition::Never,
            Some(c) if value + 1 == c.count => Condition::when(format!("last_{name}")),
            Some(c) => Condition::when(format!("{name} == {}'d{value}", c.bits())),
        }
    }

    /// Whether a counter is below `value`.
    pub fn below(&self, name: &str, value: usize) -> Condition {
        match self.register(name) {
            None => Condition::known(value > 0),
            Some(c) if value >= c.count => Condition::Always,
            Some(_) if value == 0 => Condition::Never,
            Some(_) if value == 1 => self.is(name, 0),
            Some(c) => Condition::when(format!("{name} < {}'d{value}", c.bits())),
        }
    }

    /// Whether a counter is at `value` or above.
    pub fn from(&self, name: &str, value: usize) -> Condition {
        match self.register(name) {
            None => Condition::known(value == 0),
            Some(c) if value >= c.count => Condition::Never,
            Some(_) if value == 0 => Condition::Always,
            Some(c) if value + 1 == c.count => self.is(name, value),
            Some(c) => Condition::when(format!("{name} >= {}'d{value}", c.bits())),
        }
    }

    /// Whether a counter's phase is `value`.
    pub fn phase_is(&self, name: &str, value: usize) -> Condition {
        self.phase(name, "==", value, |phase| phase == value)
    }

    /// Whether a counter's phase is below `value`, which is less than its period.
    pub fn phase_below(&self, name: &str, value: usize) -> Condition {
        self.phase(name, "<", value, |phase| phase < value)
    }

    fn phase(&self, name: &str, operator: &str, value: usize, holds: impl Fn(usize) -> bool) -> Condition {
        let start = self.all.iter().find(|c| c.name == name).and_then(|c| c.phase).map_or(0, |p| p.1);
        match self.register(name).and_then(Counter::phase_numbers) {
            None => Condition::known(holds(start)),
            Some((bits, ..)) => Condition::when(format!("{name}_phase {operator} {bits}'d{value}")),
        }
    }

    /// Whether a counter and all within it are at their last values.
    pub fn end(&self, name: &str) -> Condition {
        let inside = self.all.iter().position(|c| c.name == name).map_or(&self.all[..], |i| &self.all[..=i]);
        match inside.iter().rev().find(|c| c.count > 1) {
            None => Condition::Always,
            Some(counter) => Condition::when(self.end_of(counter)),
        }
    }

    /// The registers and their counts, innermost first.
    pub fn registers(&self) -> impl Iterator<Item = &'static str> {
        self.counters.iter().map(|counter| counter.name)
    }

    fn register(&self, name: &str) -> Option<&Counter> {
        self.counters.iter().find(|counter| counter.name == name)
    }

    /// The counter within another.
    fn inner(&self, counter: &Counter) -> Option<&Counter> {
        let i = self.counters.iter().position(|c| c.name == counter.name)?;
        self.counters.get(i.checked_sub(1)?)
    }

    /// The wire of a counter's end; the innermost ends where it is at its last value.
    fn end_of(&self, counter: &Counter) -> String {
        let prefix = if self.inner(counter).is_some() { "end" } else { "last" };
        format!("{prefix}_{}", counter.name)
    }

    /// The end of the counter within this one, if anything asks for this one's.
    fn asked_end(&self, counter: &Counter) -> Option<String> {
        let outermost = self.counters.last().is_some_and(|last| last.name == counter.name);
        let inner = self.inner(counter).map(|inner| self.end_of(inner));
        inner.filter(|_| self.closes || !outermost)
    }

    /// Under which condition a step moves a counter.
    fn guard(&self, counter: &Counter) -> String {
        self.inner(counter).map_or(String::new(), |inner| format!("if ({}) ", self.end_of(inner)))
    }
}
