//! The layout of the crates: no two files import each other.
//!
//! A reader can then take the files of a crate in an order in which each builds on those before it. A folder's
//! `mod.rs` may re-export what its files define; that alone is not an import.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

type ModulePath = Vec<String>;

/// A file, as far as imports go.
#[derive(Default)]
struct Module {
    /// Every path that it imports or spells out.
    paths: BTreeSet<Vec<String>>,
    /// What it re-exports, by name.
    exports: BTreeMap<String, Vec<String>>,
    /// The names that it uses beside its re-exports.
    words: BTreeSet<String>,
}

#[test]
fn no_two_files_import_each_other() {
    let mut circles = Vec::new();
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|krate| krate.unwrap().path());
    for krate in crates.chain([root().join("examples/acme-adapter")]) {
        let source = krate.join("src");
        let modules = read(&source);
        let imports: BTreeMap<&ModulePath, BTreeSet<ModulePath>> =
            modules.iter().map(|(path, module)| (path, imports(&modules, path, module))).collect();
        for (one, imported) in &imports {
            for other in imported.iter().filter(|other| *one < other) {
                if imports[other].contains(*one) {
                    circles.push(format!("{}: {} and {}", source.display(), one.join("/"), other.join("/")));
                }
            }
        }
    }
    assert!(circles.is_empty(), "these import each other:\n{}", circles.join("\n"));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every module of a crate that has a file.
fn read(source: &Path) -> BTreeMap<ModulePath, Module> {
    let mut modules = BTreeMap::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let file = entry.unwrap().path();
            if file.is_dir() {
                folders.push(file);
            } else if file.extension().is_some_and(|extension| extension == "rs") {
                let relative = file.strip_prefix(source).unwrap().with_extension("");
                let mut path: ModulePath =
                    relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
                if path.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
                    path.pop();
                }
                modules.insert(path, Module::parse(&fs::read_to_string(&file).unwrap()));
            }
        }
    }
    modules
}

impl Module {
    fn parse(text: &str) -> Self {
        let mut module = Self::default();
        let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        let mut code = code.join("\n").replace("pub(in crate::", "pub(");
        // A file's own tests may use whatever they like.
        if let Some(tests) = code.find("#[cfg(test)]\nmod tests {") {
            code.truncate(tests);
        }
        let mut rest = String::new();
        for statement in code.split_inclusive(';') {
            let Some(at) = import(statement) else {
                rest.push_str(statement);
                continue;
            };
            let (before, tree) = statement.split_at(at);
            let is_export =
                before.trim_end().rsplit(['\n', ' ']).next().is_some_and(|word| word.starts_with("pub"));
            rest.push_str(before);
            for path in expand(tree.trim_start_matches("use ").trim_end_matches(';')) {
                if let Some(name) = path.last().filter(|_| is_export) {
                    module.exports.insert(name.clone(), path.clone());
                }
                module.paths.insert(path);
            }
        }
        let is_separator = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':');
        for word in rest.split(is_separator) {
            let segments: Vec<String> = word.split("::").map(ToOwned::to_owned).collect();
            module.words.extend(segments.iter().cloned());
            if ["crate", "super", "self"].contains(&segments[0].as_str()) && segments.len() > 1 {
                module.paths.insert(segments);
            }
        }
        module
    }
}

/// Where a statement is an import, and from which byte on.
fn import(statement: &str) -> Option<usize> {
    let at = statement.match_indices("use ").map(|(at, _)| at).find(|at| {
        let before = &statement[..*at];
        before.is_empty() || before.ends_with(['\n', ' ', '}', ')'])
    })?;
    let tree = &statement[at + "use ".len()..];
    // Not the word in a text.
    let is_tree = tree.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_:{},*;".contains(c));
    is_tree.then_some(at)
}

/// The paths of a use tree.
fn expand(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|part| part.trim().to_owned()).collect()];
    };
    let prefix: Vec<String> =
        tree[..open].split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    let trees = parts.into_iter().filter(|part| !part.trim().is_empty());
    trees
        .flat_map(expand)
        .map(|path| prefix.iter().cloned().chain(path.into_iter().filter(|part| part != "self")).collect())
        .collect()
}

/// The files that `module` imports from.
fn imports(
    modules: &BTreeMap<ModulePath, Module>,
    path: &ModulePath,
    module: &Module,
) -> BTreeSet<ModulePath> {
    let only_exported = |imported: &Vec<String>| {
        let name = imported.last().cloned().unwrap_or_default();
        module.exports.get(&name) == Some(imported) && !module.words.contains(&name)
    };
    let used = module.paths.iter().filter(|imported| !only_exported(imported));
    used.filter_map(|imported| resolve(modules, path, imported, 0)).filter(|found| found != path).collect()
}

/// The file that defines what a path names, through re-exports.
fn resolve(
    modules: &BTreeMap<ModulePath, Module>,
    from: &ModulePath,
    path: &[String],
    depth: usize,
) -> Option<ModulePath> {
    let mut base = from.clone();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => base.clear(),
        "self" => {}
        "super" => {
            while rest.get(1).is_some_and(|part| part == "super") {
                base.pop();
                rest = &rest[1..];
            }
            base.pop();
        }
        first => {
            base.push(first.to_owned());
            if !modules.contains_key(&base) {
                return None;
            }
        }
    }
    rest = &rest[1..];
    while let Some(part) = rest.first() {
        base.push(part.clone());
        if !modules.contains_key(&base) {
            base.pop();
            break;
        }
        rest = &rest[1..];
    }
    let exported = rest.first().and_then(|name| modules.get(&base)?.exports.get(name));
    match exported.filter(|_| depth < 12) {
        Some(next) => resolve(modules, &base, next, depth + 1).or(Some(base)),
        None => Some(base),
    }
}
