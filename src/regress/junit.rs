//! Results for servers that know JUnit.

use super::run::{CaseReport, Ended, Step};
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The results as JUnit XML: a suite a case, a test a step.
///
/// # Errors
/// Where a text cannot be XML.
pub fn junit(cases: &[CaseReport]) -> Result<String, SerializeError> {
    let mut report = Report::new("mpqc regress");
    report.add_test_suites(cases.iter().map(suite));
    report.to_string()
}

fn suite(case: &CaseReport) -> TestSuite {
    let mut suite = TestSuite::new(case.name.as_str());
    suite.add_test_cases(case.steps.iter().map(|step| test(case, step)));
    if !case.notes.is_empty() {
        suite.set_system_out(case.notes.join("\n"));
    }
    suite
}

fn test(case: &CaseReport, step: &Step) -> TestCase {
    let status = match &step.ended {
        Ended::Passed => TestCaseStatus::success(),
        Ended::Failed(reason) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(reason.lines().next().unwrap_or_default()).set_description(reason.as_str());
            status
        }
    };
    let mut test = TestCase::new(step.name.as_str(), status);
    test.set_classname(case.name.as_str()).set_time(Duration::from_secs_f64(step.seconds));
    test
}
