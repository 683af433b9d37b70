//! The functions of the shared library by the version that brought them, for the linker and for
//! Debian's packages.

use std::collections::BTreeMap;

use super::generate::slots;
use super::model::Model;

/// `packaging/libzfssa.map`, the version script: each function is in the version that brought it.
pub fn version_script(model: &Model) -> String {
    let mut text = String::new();
    // One version says for all that nothing else is exported.
    let mut local = "local:\n    *;\n";
    let mut earlier = String::new();
    for (minor, functions) in by_minor_version(model) {
        let names: String = functions
            .iter()
            .map(|name| format!("    {name};\n"))
            .collect();
        text += &format!("ZFSSA_1.{minor} {{\nglobal:\n{names}{local}}}{earlier};\n");
        earlier = format!(" ZFSSA_1.{minor}");
        local = "";
    }
    text
}

/// `packaging/debian/libzfssa1.symbols`, by which a program depends on the version that has all
/// functions that it uses. The versions themselves are symbols, too.
pub fn debian_symbols(model: &Model) -> String {
    let mut text = "libzfssa.so.1 libzfssa1 #MINVER#\n".to_owned();
    for (minor, functions) in by_minor_version(model) {
        let version = format!("ZFSSA_1.{minor}");
        for symbol in std::iter::once(&version).chain(&functions) {
            text += &format!(" {symbol}@{version} 1.{minor}.0\n");
        }
    }
    text
}

fn by_minor_version(model: &Model) -> BTreeMap<u32, Vec<String>> {
    let mut versions = BTreeMap::<u32, Vec<String>>::new();
    for name in slots() {
        let since = &model.function(&name).unwrap().since;
        let minor = since.strip_prefix("1.").unwrap().parse().unwrap();
        versions.entry(minor).or_default().push(name);
    }
    for functions in versions.values_mut() {
        functions.sort();
    }
    versions
}
