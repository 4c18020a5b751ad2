import { PolicyPack } from "@pulumi/policy";
import { oneForAll } from "./engine/one-for-all";
import { policies } from "./index";

new PolicyPack("crossfade", { policies: oneForAll(policies) });
