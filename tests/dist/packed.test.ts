/*
 * What an application gets that installs our tarballs. One file for the runner, since packing and installing is done once.
 */
import "./modules.ts";
import "./maps.ts";
import "./paths.ts";
import "./types.ts";
import "./readme.ts";
import "./package-lints.ts";
import "./release.ts";
