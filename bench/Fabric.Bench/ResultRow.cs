using System.Text.Json.Serialization;

namespace Fabric.Bench;

/// <summary>One line of the table: what was measured, against what, and what is to be reached.</summary>
/// <param name="Measure">What was measured.</param>
/// <param name="Unit">Of <paramref name="Got"/> and <paramref name="Reference"/>.</param>
/// <param name="Got">The median, unless the measure says otherwise.</param>
/// <param name="P99">In the same unit, where there are enough samples.</param>
/// <param name="Reference">The reference's median in the same run; null for an absolute goal.</param>
/// <param name="Against">What the reference is.</param>
/// <param name="Goal">The most that is wanted, or with <paramref name="GoalIsFloor"/> the least: of the ratio where there is a
/// reference, else of the value.</param>
internal sealed record ResultRow(
    string Measure, string Unit, double Got, double? P99, double? Reference, string Against, double? Goal, bool GoalIsFloor = false)
{
    public double? Ratio => Reference is { } reference and not 0 ? Got / reference : null;

    public bool? IsReached => Goal is not { } goal ? null : GoalIsFloor ? (Ratio ?? Got) >= goal : (Ratio ?? Got) <= goal;

    public static ResultRow Times(string measure, Samples got, Samples reference, string against, double goal) => new(
        measure, "ms", got.Median.TotalMilliseconds, got.P99.TotalMilliseconds, reference.Median.TotalMilliseconds, against, goal);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<ResultRow>))]
internal sealed partial class ResultJson : JsonSerializerContext;
