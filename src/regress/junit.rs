//! The report that CI systems read: JUnit's XML.

use super::Report;
use std::fmt::Write;

/// A suite of the report's designs; each stage is a test, and so is the comparison with the stored figures.
pub fn junit(report: &Report) -> String {
    let mut text =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mpqc regress\">\n");
    for design in &report.designs {
        let regressions: Vec<String> = design
            .changes
            .iter()
            .filter(|change| change.regression)
            .map(|change| format!("{}: {} before, {} now", change.figure, change.before, change.now))
            .collect();
        let compared = (!regressions.is_empty()).then(|| regressions.join("\n"));
        let steps = design.steps.iter().map(|step| (step.name, step.seconds, step.failure.as_ref()));
        let tests: Vec<_> = steps.chain([("figures", 0.0, compared.as_ref())]).collect();
        let failures = tests.iter().filter(|(_, _, failure)| failure.is_some()).count();
        let name = escaped(&design.name);
        let _ =
            writeln!(text, "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\">", tests.len());
        for (test, seconds, failure) in tests {
            let _ = write!(text, "    <testcase classname=\"{name}\" name=\"{test}\" time=\"{seconds:.3}\"");
            let _ = match failure {
                None => writeln!(text, "/>"),
                Some(why) => writeln!(
                    text,
                    ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                    escaped(why.lines().next().unwrap_or_default()),
                    escaped(why)
                ),
            };
        }
        text.push_str("  </testsuite>\n");
    }
    text + "</testsuites>\n"
}

/// Text as XML holds it; control characters, which it cannot hold, are left out.
fn escaped(text: &str) -> String {
    let entity = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        c if c.is_control() && c != '\n' => String::new(),
        c => c.to_string(),
    };
    text.chars().map(entity).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regress::{Change, DesignReport, Figures, Step};

    #[test]
    fn failures_and_regressions_are_failed_tests() {
        let step =
            |name, failure: Option<&str>| Step { name, seconds: 0.5, failure: failure.map(str::to_owned) };
        let change = |figure: &str, regression| Change {
            figure: figure.into(),
            before: "1".into(),
            now: "2".into(),
            regression,
        };
        let design = DesignReport {
            name: "a".into(),
            steps: vec![step("compile", None), step("verify", Some("x < y\nat \"b\""))],
            figures: Figures::default(),
            changes: vec![change("files", false), change("cycles_per_frame", true)],
            stored: true,
        };
        let text = junit(&Report { designs: vec![design], good: false });
        assert!(text.contains("tests=\"3\" failures=\"2\""), "{text}");
        assert!(
            text.contains("<failure message=\"x &lt; y\">x &lt; y\nat &quot;b&quot;</failure>"),
            "{text}"
        );
        assert!(
            text.contains("cycles_per_frame: 1 before, 2 now</failure>") && !text.contains("files:"),
            "{text}"
        );
    }
}
