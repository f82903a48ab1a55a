//! `config check` and `config show`: what is set, where it comes from, and no secret.

mod kinds;
mod secrets;

use std::process::{Command, Output};

/// The real program in a folder of its own, with these settings in the environment.
struct App {
    folder: tempfile::TempDir,
}

impl App {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn with_file(content: &str) -> Self {
        let app = Self::new();
        app.write("linerent.toml", content);
        app
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.folder.path().join(name), content).expect("a file");
    }

    fn run(&self, arguments: &str, variables: &[(&str, &str)]) -> Output {
        let mut program = Command::new(linerent_testkit::path_of("linerent"));
        program.current_dir(self.folder.path()).args(arguments.split(' '));
        program.envs(variables.iter().copied()).env("RUST_LOG", "trace,mio=off");
        program.output().expect("the program starts")
    }

    /// What the program printed and said, and how it ended.
    fn answer(&self, arguments: &str, variables: &[(&str, &str)]) -> String {
        let output = self.run(arguments, variables);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr);
        let said: Vec<_> = said
            .lines()
            .filter(|line| !line.starts_with('{'))
            .map(|line| line.split(" (os error").next().unwrap_or(line))
            .collect();
        let code = output.status.code().expect("the program ends by itself");
        format!("{printed}{}\nexit {code}", said.join("\n"))
    }
}

/// The keys of the built-in file in their order, with their values; none for those without a default.
fn built_in() -> Vec<(String, Option<String>)> {
    let mut section = "";
    let mut keys = Vec::new();
    for line in linerent::config::DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((name, value)) = line.split_once(" = ") {
            let value = value.trim_matches('"').to_owned();
            match name.strip_prefix("# ") {
                Some(name) => keys.push((format!("{section}.{name}"), None)),
                None => keys.push((format!("{section}.{name}"), Some(value))),
            }
        }
    }
    keys
}

#[test]
fn without_any_configuration_all_is_shown_as_it_is_built_in() {
    let shown = App::new().answer("config show", &[]);
    let rows = shown.lines().skip(1).take_while(|line| !line.is_empty());
    let rows: Vec<_> = rows.map(|line| line.split("  ").filter(|it| !it.is_empty())).collect();
    let built_in = built_in();
    assert!(built_in.len() > 60, "only {} keys", built_in.len());
    assert_eq!(rows.len(), built_in.len());
    for (row, (key, value)) in rows.into_iter().zip(built_in) {
        let row: Vec<_> = row.map(str::trim).collect();
        match value.as_deref() {
            None => assert_eq!(row, [&key, "-", "not set"]),
            Some("") => assert_eq!(row, [&key, "default"]),
            Some(value) => assert_eq!(row, [&key, value, "default"]),
        }
    }
}

#[test]
fn each_value_names_the_layer_that_it_comes_from() {
    let app = App::with_file(
        "[release]\ngrace_days = 5\nhold_days = 30\n[mail]\noperator = \"ops@example.com\"\n",
    );
    let shown = app.answer(
        "--config linerent.toml --database sqlite:other.db config show",
        &[
            ("LINERENT__RELEASE__HOLD_DAYS", "60"),
            ("linerent__http__listen", "off"),
            ("LINERENT__RUN__WORKERS", ""),
        ],
    );
    let is_set = |line: &&str| !line.ends_with("  default") && !line.ends_with("  not set");
    insta::assert_snapshot!(shown.lines().filter(is_set).collect::<Vec<_>>().join("\n"), @r"
    KEY                                VALUE                        ORIGIN
    database.url                       sqlite:other.db              --database
    release.grace_days                 5                            linerent.toml
    release.hold_days                  60                           LINERENT__RELEASE__HOLD_DAYS
    mail.operator                      ops@example.com              linerent.toml
    http.listen                        off                          linerent__http__listen

    exit 0
    ");
}

#[test]
fn a_program_reads_each_key_as_an_object() {
    let app = App::with_file("[mail.smtp]\npassword = \"hunter2\"\npasword = \"hunter3\"\n");
    let output = app.run("--json --config linerent.toml config show", &[]);
    let settings: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let settings = settings.as_array().expect("a list");
    let of = |key: &str| {
        let found = settings.iter().find(|it| it["key"] == key).expect("the key");
        serde_json::to_string(found).expect("JSON")
    };
    let seen = ["run.workers", "mail.operator", "mail.smtp.password", "mail.smtp.pasword"].map(of);
    insta::assert_snapshot!(seen.join("\n"), @r#"
    {"is_known":true,"is_masked":false,"key":"run.workers","origin":"default","value":"2"}
    {"is_known":true,"is_masked":false,"key":"mail.operator","origin":null,"value":null}
    {"is_known":true,"is_masked":true,"key":"mail.smtp.password","origin":"linerent.toml","value":"********"}
    {"is_known":false,"is_masked":true,"key":"mail.smtp.pasword","origin":"linerent.toml","value":"********"}
    "#);
}

/// An empty LINERENT_CONFIG counts as unset, in both programs.
#[test]
fn an_empty_variable_names_no_file() {
    let answer = App::new().answer("config check", &[("LINERENT_CONFIG", "")]);
    insta::assert_snapshot!(answer, @r"
    the configuration is valid: no file

    exit 0
    ");
    let mut daemon = Command::new(linerent_testkit::path_of("linerentd"));
    daemon.arg("probe").env("LINERENT_CONFIG", "").env("LINERENT__HTTP__LISTEN", "off");
    let output = daemon.output().expect("the daemon starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("`http.listen` is `off`"), "{said}");
    insta::assert_snapshot!(App::new().answer("config check --config=", &[]), @r"
    error: invalid value '' for '--config <FILE>': the path of a file is missing

    For more information, try '--help'.
    exit 2
    ");
}

#[test]
fn values_that_nothing_can_work_with_are_shown_and_refused_by_the_check() {
    let app = App::with_file("[release]\ngrace_days = \"soon\"\n[billing]\ntime_zone = [1]\n");
    let variables = [("LINERENT__RUN__WORKERS", "many"), ("LINERENT__NOTICES", "never")];
    let shown = app.answer("--config linerent.toml config show", &variables);
    let is_theirs = |line: &&str| {
        ["grace_days ", "time_zone", "workers", "notices"].iter().any(|it| line.contains(it))
    };
    insta::assert_snapshot!(shown.lines().filter(is_theirs).collect::<Vec<_>>().join("\n"), @r"
    billing.time_zone                  ********                     linerent.toml
    release.grace_days                 soon                         linerent.toml
    release.late_grace_days            3                            default
    run.workers                        many                         LINERENT__RUN__WORKERS
    notices.ahead                      if_short                     default
    notices.ahead_days                 3                            default
    notices                            ********                     LINERENT__NOTICES
    unknown setting `notices`
    ");
    insta::assert_snapshot!(app.answer("--config linerent.toml config check", &variables), @r#"
    error: `billing.time_zone` is a list in linerent.toml, expected the IANA name of a time zone, such as "Europe/London"
    hint: `linerent config default` explains all settings
    exit 2
    "#);
}

#[test]
fn the_check_says_what_was_read() {
    let app = App::with_file("[release]\ngrace_days = 5\n");
    insta::assert_snapshot!(app.answer("config check", &[]), @r"
    the configuration is valid: no file

    exit 0
    ");
    let variables = [
        ("LINERENT__RELEASE__HOLD_DAYS", "60"),
        ("LINERENT_CONFIG", "linerent.toml"),
        ("LINERENT_HTTP__LISTEN", "off"),
    ];
    insta::assert_snapshot!(app.answer("--database sqlite:x.db config check", &variables), @r"
    the configuration is valid: the file linerent.toml, 1 environment variable, `--database`
    the environment variable LINERENT_HTTP__LISTEN is ignored
    hint: write two underscores after LINERENT and after each section
    exit 0
    ");
    insta::assert_snapshot!(app.answer("--json config check", &variables), @r#"
    {
      "file": "linerent.toml",
      "variables": [
        "LINERENT__RELEASE__HOLD_DAYS"
      ],
      "has_database": false,
      "misspelt_variables": [
        "LINERENT_HTTP__LISTEN"
      ]
    }
    the environment variable LINERENT_HTTP__LISTEN is ignored
    hint: write two underscores after LINERENT and after each section
    exit 0
    "#);
}

#[test]
fn the_check_reaches_letters_certificates_and_the_databases_url() {
    let app = App::new();
    std::fs::create_dir(app.folder.path().join("letters")).expect("a folder");
    app.write("letters/renewed.txt", "{% if %}");
    let smtp = |name, value| {
        vec![
            ("LINERENT__MAIL__TRANSPORT", "smtp"),
            ("LINERENT__MAIL__FROM", "ada@example.com"),
            ("LINERENT__MAIL__SMTP__URL", "smtps://mail.example.com"),
            (name, value),
        ]
    };
    let answers = [
        vec![("LINERENT__MAIL__TEMPLATES", "letters")],
        smtp("LINERENT__MAIL__SMTP__CA_FILE", "nowhere.pem"),
        vec![("LINERENT__DATABASE__URL", "mysql://localhost/linerent")],
        vec![("LINERENT__HTTP__LISTEN", "everywhere")],
    ]
    .map(|variables| app.answer("config check", &variables));
    insta::assert_snapshot!(answers.join("\n"), @r#"
    error: letters/renewed.txt cannot be used, line 1: unexpected end of block
    hint: correct the template, or remove it to use the built-in one
    exit 2
    error: `mail.smtp.ca_file` cannot be used: nowhere.pem: No such file or directory
    hint: it holds one or more certificates in PEM
    exit 2
    error: reading `database.url`: `mysql://localhost/linerent` is not a database URL
    hint: use sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    exit 2
    error: `http.listen` is `everywhere` in LINERENT__HTTP__LISTEN, expected an IP address with a port, such as "127.0.0.1:9480", or "off"
    hint: `linerent config default` explains all settings
    exit 2
    "#);
}

#[test]
fn the_check_asks_no_database() {
    let answer = App::new().answer("--database postgres://127.0.0.1:1/x config check", &[]);
    assert!(answer.ends_with("exit 0"), "{answer}");
}
