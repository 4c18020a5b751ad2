import { PolicyPack } from "@pulumi/policy";
import { deserializeOnce } from "./engine/deserialize-once";
import { policies } from "./index";

deserializeOnce();
new PolicyPack("crossfade", { policies });
