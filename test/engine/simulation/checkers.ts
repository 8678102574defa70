import { approvedByEnough } from "./checkers/approved-by-enough.ts";
import { cancelHolds } from "./checkers/cancel-holds.ts";
import { cancelsHaveCauses, namesTheCause } from "./checkers/cancels-have-causes.ts";
import type { Checker } from "./checkers/checker.ts";
import { durableFirst } from "./checkers/durable-first.ts";
import { endedStaysEnded } from "./checkers/ended-stays-ended.ts";
import { failuresGoBack } from "./checkers/failures-go-back.ts";
import { freezesHold } from "./checkers/freezes-hold.ts";
import { goneHoldsUpNobody } from "./checkers/gone-holds-up-nobody.ts";
import { groupsInOrder } from "./checkers/groups-in-order.ts";
import { irreversibleStays } from "./checkers/irreversible-stays.ts";
import { legsMayEnd } from "./checkers/legs-may-end.ts";
import { limits } from "./checkers/limits.ts";
import { locksInOrder } from "./checkers/locks-in-order.ts";
import { movesAsAsked } from "./checkers/moves-as-asked.ts";
import { movesTheSameBytes } from "./checkers/moves-the-same-bytes.ts";
import { movesWhatPassed } from "./checkers/moves-what-passed.ts";
import { needsFirst } from "./checkers/needs-first.ts";
import { newestStays } from "./checkers/newest-stays.ts";
import { noLockWhileAsking } from "./checkers/no-lock-while-asking.ts";
import { nothingLost } from "./checkers/nothing-lost.ts";
import { oneAttempt } from "./checkers/one-attempt.ts";
import { oneDeployment } from "./checkers/one-deployment.ts";
import { onlyTheOwner } from "./checkers/only-the-owner.ts";
import { ownOutputs } from "./checkers/own-outputs.ts";
import { passedOrNot } from "./checkers/passed-or-not.ts";
import { passedRanAll } from "./checkers/passed-ran-all.ts";
import { reasonsComeFirst } from "./checkers/reasons-come-first.ts";
import { replayIsLive } from "./checkers/replay-is-live.ts";
import { retriesBounded } from "./checkers/retries-bounded.ts";
import { rollbackRestores } from "./checkers/rollback-restores.ts";
import { settles } from "./checkers/settles.ts";
import { skipsAreTrue } from "./checkers/skips-are-true.ts";
import { suspendedHoldsNothing } from "./checkers/suspended-holds-nothing.ts";
import { undoesFirst } from "./checkers/undoes-first.ts";
import { undoesInOrder } from "./checkers/undoes-in-order.ts";
import { verifiedLongEnough } from "./checkers/verified-long-enough.ts";
import { windowsHold } from "./checkers/windows-hold.ts";

/** Everything that must hold in every world. Each is proven to see its own mistake in mutations.test.ts. */
export function allCheckers(): Checker[] {
  return [
    needsFirst(),
    endedStaysEnded(),
    oneAttempt(),
    durableFirst(),
    oneDeployment(),
    locksInOrder(),
    freezesHold(),
    windowsHold(),
    failuresGoBack(),
    noLockWhileAsking(),
    approvedByEnough(),
    newestStays(),
    movesAsAsked(),
    movesWhatPassed(),
    movesTheSameBytes(),
    rollbackRestores(),
    undoesFirst(),
    undoesInOrder(),
    irreversibleStays(),
    ownOutputs(),
    nothingLost(),
    limits(),
    groupsInOrder(),
    retriesBounded(),
    verifiedLongEnough(),
    cancelHolds(),
    passedOrNot(),
    replayIsLive(),
    onlyTheOwner(),
    suspendedHoldsNothing(),
    goneHoldsUpNobody(),
    skipsAreTrue(),
    cancelsHaveCauses(),
    namesTheCause(),
    legsMayEnd(),
    passedRanAll(),
    reasonsComeFirst(),
    settles(),
  ];
}
