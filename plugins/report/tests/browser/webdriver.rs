//! A small WebDriver client: what the browser tests need of chromedriver, over its HTTP interface.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use ureq::Agent;

/// A headless Chromium of its own, with a fresh profile; it ends when this is dropped.
pub struct Browser {
    driver: Child,
    agent: Agent,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one. None, with a message, where Chromium or its driver is not installed; where `CI` is set that is a
    /// failure instead.
    pub fn start() -> Option<Self> {
        let installed = |names: &[&str]| names.iter().find_map(|name| on_path(name));
        let found = (installed(&["chromium", "chromium-browser", "google-chrome"]), installed(&["chromedriver"]));
        let (Some(chromium), Some(chromedriver)) = found else {
            assert!(
                std::env::var_os("CI").is_none(),
                "this test needs chromium and chromedriver (Debian: chromium-driver)"
            );
            eprintln!("skipped: chromium and chromedriver are not installed (Debian: chromium, chromium-driver)");
            return None;
        };
        let (driver, port) = start_driver(&chromedriver);
        let profile = tempfile::tempdir().unwrap();
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
        let mut browser = Self {
            driver,
            agent: config.build().into(),
            session: format!("http://127.0.0.1:{port}/session"),
            _profile: profile,
        };
        let mut arguments: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", browser._profile.path().display()));
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": chromium, "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let started = browser.post("", &capabilities);
        browser.session = format!("{}/{}", browser.session, started["sessionId"].as_str().unwrap());
        Some(browser)
    }

    /// Makes it as if just started: an empty page, the mouse in the corner, nothing emulated, empty logs (what the
    /// browser's own first page loads is in there too).
    pub fn reset(&self) {
        self.post("/url", &json!({ "url": "about:blank" }));
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({}));
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [] }));
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "pointer", "id": "mouse", "actions": [
            { "type": "pointerMove", "duration": 0, "x": 0, "y": 0 }
        ] }] }),
        );
        self.log("browser");
        self.log("performance");
    }

    /// Opens a file.
    pub fn open(&self, file: &Path) {
        self.post("/url", &json!({ "url": format!("file://{}", file.display()) }));
    }

    /// Opens a place in a file, behind `#`.
    pub fn open_at(&self, file: &Path, place: &str) {
        self.post("/url", &json!({ "url": format!("file://{}#{place}", file.display()) }));
    }

    /// Gives the window another size, in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        self.settle();
    }

    /// Makes the system prefer `light` or `dark`.
    pub fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features }));
        self.settle();
    }

    /// Waits until this JavaScript expression holds.
    pub fn wait_for(&self, expression: &str) {
        for _ in 0..200 {
            if self.run(&format!("return Boolean({expression})")) == true {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("it never came true: {expression}; the console says {:?}", self.log("browser"));
    }

    /// Types a text where the focus is.
    pub fn write(&self, text: &str) {
        text.chars().for_each(|key| self.press(key));
    }

    /// Writes what is seen as a PNG.
    pub fn screenshot(&self, file: &Path) {
        let mut response = self.agent.get(format!("{}/screenshot", self.session)).call().unwrap();
        let answer: Value = response.body_mut().with_config().limit(64 << 20).read_json().unwrap();
        let picture = STANDARD.decode(answer["value"].as_str().unwrap()).unwrap();
        std::fs::write(file, picture).unwrap();
    }

    /// The addresses that were asked for since the log was last read, but for those that hold their content themselves.
    pub fn requests(&self) -> Vec<String> {
        self.log("performance")
            .iter()
            .filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok())
            .filter(|entry| entry["message"]["method"] == "Network.requestWillBeSent")
            .filter_map(|entry| entry["message"]["params"]["request"]["url"].as_str().map(str::to_owned))
            .filter(|url| !url.starts_with("data:"))
            .collect()
    }

    /// Runs JavaScript; `return` hands a value back.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs JavaScript that returns a text.
    pub fn text(&self, script: &str) -> String {
        self.run(script).as_str().unwrap_or_else(|| panic!("no text: {script}")).to_owned()
    }

    /// Waits until the page was drawn, and with that has heard of scrolls and changed media.
    pub fn settle(&self) {
        self.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))");
    }

    /// Clicks, as a user would, on the first element of this CSS selector.
    pub fn click(&self, selector: &str) {
        let id = self.element(selector);
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// Moves the mouse onto the first element of this CSS selector.
    pub fn hover(&self, selector: &str) {
        self.run(&format!("document.querySelector({selector:?}).scrollIntoView({{ block: 'center' }})"));
        let origin = json!({ "element-6066-11e4-a52e-4f735466cecf": self.element(selector) });
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "pointer", "id": "mouse", "actions": [
            { "type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": origin }
        ] }] }),
        );
    }

    /// Presses a key (WebDriver's code for it) where the focus is.
    pub fn press(&self, key: char) {
        let key = key.to_string();
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keys", "actions": [
            { "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }
        ] }] }),
        );
    }

    /// Sends a command of Chrome's own protocol.
    pub fn devtools(&self, command: &str, parameters: Value) {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    /// The entries of a log (`browser`: the console; `performance`: what the network did) since it was last read.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        self.post("/se/log", &json!({ "type": kind })).as_array().cloned().unwrap_or_default()
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        let id = found.as_object().and_then(|map| map.values().next()).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("no element {selector:?}")).to_owned()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let mut response = self.agent.post(format!("{}{path}", self.session)).send_json(body).unwrap();
        let answer: Value = response.body_mut().read_json().unwrap();
        assert_eq!(response.status(), 200, "{path} {body}: {answer}");
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ending the session ends the browser; the driver is then ended by its own id.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];

fn on_path(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Starts the driver on a port that it chooses, and reads the port from what it prints.
fn start_driver(chromedriver: &Path) -> (Child, u16) {
    let mut driver =
        Command::new(chromedriver).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        // It first repeats the port that it was asked for.
        let line = line.unwrap();
        line.split("on port ").nth(1)?.trim_end_matches('.').parse().ok().filter(|port| *port != 0)
    });
    // Whatever it prints later must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (driver, port.unwrap_or_else(|| panic!("chromedriver did not name its port")))
}
