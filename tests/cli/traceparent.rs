//! Trace context of the command's operations.

use crate::bench::Bench;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Runs `stats` and returns the headers of its requests, without those of the logout.
fn headers(bench: &Bench, option: Option<&str>, variable: Option<&str>) -> Vec<Option<String>> {
    bench.fixture.appliance.clear_trace();
    let mut command = bench.command(&["stats"]);
    command.args(option.map(|value| format!("--traceparent={value}")));
    command.envs(variable.map(|value| ("TRACEPARENT", value)));
    assert!(command.output().unwrap().status.success());
    let trace = bench.fixture.appliance.trace();
    let requests = trace.into_iter().filter(|one| one.method != "DELETE");
    requests.map(|one| one.traceparent).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_requests_are_in_the_trace_of_the_option_or_of_the_variable() {
    let bench = Bench::ready().await;
    let other = PARENT.replace("4bf92f", "000001");
    for (option, variable) in [
        (Some(PARENT), None),
        (None, Some(PARENT)),
        (Some(PARENT), Some(other.as_str())),
    ] {
        let headers = headers(&bench, option, variable);
        assert!(!headers.is_empty());
        for header in headers {
            let header = header.expect("a header");
            assert!(header.starts_with(TRACE) && header != PARENT, "{header}");
        }
    }
    for variable in [None, Some("")] {
        let headers = headers(&bench, None, variable);
        assert!(!headers.is_empty());
        assert!(headers.iter().all(Option::is_none), "{headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_value_is_refused_before_anything_is_sent() {
    let bench = Bench::ready().await;
    bench.fixture.appliance.clear_trace();
    let ran = bench.run(&["stats", "--traceparent", "rubbish"]);
    let wanted = "zfssa: INVALID_ARGUMENT: traceparent is \"rubbish\": give 00-";
    assert!(ran.stderr.starts_with(wanted), "{ran:?}");
    assert!(bench.fixture.appliance.trace().is_empty());
}
