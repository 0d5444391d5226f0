using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fabric.KubernetesApi;

/// <summary>
/// A validation rule of a schema (<c>x-kubernetes-validations</c>) in the part of CEL that such rules commonly are: fields, literals,
/// comparisons, <c>in</c>, logic, <c>? :</c>, has, size, all, exists, startsWith, endsWith, contains and matches.
/// </summary>
internal sealed partial class Rule
{
    private readonly Func<Scope, object?> _value;

    /// <exception cref="FormatException">It is no CEL, or beyond this part of it. The message says where.</exception>
    public Rule(string text, string? message)
    {
        Text = text;
        Message = string.IsNullOrEmpty(message) ? $"failed rule: {text}" : message;
        _value = new RuleParser(text).Parse();
        IsTransition = OldSelf().IsMatch(text);
    }

    public string Text { get; }

    public string Message { get; }

    /// <summary>It compares with what was there, and says nothing of what is new.</summary>
    public bool IsTransition { get; }

    /// <summary>What is said of the value, or null: it keeps the rule.</summary>
    public string? Broken(JsonNode self, JsonNode? oldSelf)
    {
        if (IsTransition && oldSelf is null)
            return null;
        try
        {
            return _value(new Scope(new() { ["self"] = self, ["oldSelf"] = oldSelf })) is true ? null : Message;
        }
        catch (EvaluationException exception)
        {
            // As kube-apiserver: a rule that cannot be evaluated is not kept.
            return $"{exception.Message} evaluating rule: {Message}";
        }
    }

    [GeneratedRegex(@"\boldSelf\b")]
    private static partial Regex OldSelf();

    /// <summary>What names stand for; values are JSON, or text, decimal, bool and null that JSON's become.</summary>
    internal sealed record Scope(Dictionary<string, JsonNode?> Names)
    {
        public object? this[string name] => Names.TryGetValue(name, out var value)
            ? Plain(value)
            : throw new EvaluationException($"undeclared reference to '{name}'");

        public Scope With(string name, JsonNode? value) => new(new Dictionary<string, JsonNode?>(Names) { [name] = value });
    }

    /// <summary>A rule has no value for what it is given: a field is missing, or types do not go together.</summary>
    internal sealed class EvaluationException(string message) : Exception(message);

    internal static object? Plain(JsonNode? node) => node switch
    {
        null => null,
        // As objects, or the other arms would become JSON again, by its conversions.
        JsonObject or JsonArray => (object)node,
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => node.GetValue<string>(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => decimal.Parse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture),
        },
    };

    internal static bool AreEqual(object? one, object? other) =>
        one is JsonNode a && other is JsonNode b ? JsonNode.DeepEquals(a, b) : Equals(one, other);

    internal static int Compare(object? one, object? other) => (one, other) switch
    {
        (decimal a, decimal b) => a.CompareTo(b),
        (string a, string b) => string.CompareOrdinal(a, b),
        _ => throw new EvaluationException("no such overload"),
    };
}
