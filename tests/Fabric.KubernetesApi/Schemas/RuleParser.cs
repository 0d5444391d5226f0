using System.Globalization;
using System.Text.RegularExpressions;
using static Fabric.KubernetesApi.Rule;

namespace Fabric.KubernetesApi;

/// <summary>Makes a function of a rule's text: recursive descent over the grammar of CEL, as far as Rule says.</summary>
internal sealed partial class RuleParser
{
    private readonly List<string> _tokens;
    private readonly string _text;
    private int _at;

    public RuleParser(string text)
    {
        _text = text;
        _tokens = [.. Token().Matches(text).Select(match => match.Value)];
        if (Token().Replace(text, "").Trim() is { Length: > 0 } rest)
            throw Odd($"'{rest}'");
    }

    /// <exception cref="FormatException"/>
    public Func<Scope, object?> Parse()
    {
        var value = Choice();
        return _at == _tokens.Count ? value : throw Odd($"'{_tokens[_at]}'");
    }

    private Func<Scope, object?> Choice()
    {
        var condition = Or();
        if (!Take("?"))
            return condition;
        var (then, otherwise) = (Choice(), Expected(":", Choice));
        return scope => IsTrue(condition, scope) ? then(scope) : otherwise(scope);
    }

    private Func<Scope, object?> Or()
    {
        var left = And();
        while (Take("||"))
            left = Either(left, And(), decides: true);
        return left;
    }

    private Func<Scope, object?> And()
    {
        var left = Relation();
        while (Take("&&"))
            left = Either(left, Relation(), decides: false);
        return left;
    }

    /// <summary>Logic in CEL is in no order: one side that decides hides the other's failure.</summary>
    private static Func<Scope, object?> Either(Func<Scope, object?> left, Func<Scope, object?> right, bool decides) => scope =>
    {
        try
        {
            if (IsTrue(left, scope) == decides)
                return decides;
        }
        catch (EvaluationException)
        {
            if (IsTrue(right, scope) == decides)
                return decides;
            throw;
        }
        return IsTrue(right, scope);
    };

    private Func<Scope, object?> Relation()
    {
        var left = Unary();
        if (_at >= _tokens.Count || _tokens[_at] is not ("==" or "!=" or "<" or "<=" or ">" or ">=" or "in"))
            return left;
        var operation = _tokens[_at++];
        var right = Unary();
        return operation switch
        {
            "==" => scope => AreEqual(left(scope), right(scope)),
            "!=" => scope => !AreEqual(left(scope), right(scope)),
            "<" => scope => Compare(left(scope), right(scope)) < 0,
            "<=" => scope => Compare(left(scope), right(scope)) <= 0,
            ">" => scope => Compare(left(scope), right(scope)) > 0,
            ">=" => scope => Compare(left(scope), right(scope)) >= 0,
            _ => scope => IsIn(left(scope), right(scope)),
        };
    }

    private Func<Scope, object?> Unary()
    {
        if (!Take("!"))
            return Postfix(Primary());
        var inner = Unary();
        return scope => !IsTrue(inner, scope);
    }

    private Func<Scope, object?> Primary()
    {
        var token = _at < _tokens.Count ? _tokens[_at++] : throw Odd("its end");
        switch (token)
        {
            case "(":
                var inner = Choice();
                Expect(")");
                return inner;
            case "[":
                var items = List("]");
                return scope => Json.ListOf(items.Select(item => ToJson(item(scope))));
            case "has" when Take("("):
                var field = Postfix(Primary());
                Expect(")");
                return scope => IsThere(field, scope);
            case "size" when Take("("):
                var of = Choice();
                Expect(")");
                return scope => Size(of(scope));
            case "true" or "false":
                return _ => token == "true";
            case "null":
                return _ => null;
        }
        if (token[0] is '"' or '\'')
            return _ => Regex.Unescape(token[1..^1]);
        if (decimal.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return _ => number;
        return Name().IsMatch(token) ? scope => scope[token] : throw Odd($"'{token}'");
    }

    private Func<Scope, object?> Postfix(Func<Scope, object?> of)
    {
        while (true)
        {
            if (Take("["))
            {
                var (list, index) = (of, Choice());
                Expect("]");
                of = scope => At(list(scope), index(scope));
            }
            else if (Take("."))
            {
                var name = _at < _tokens.Count ? _tokens[_at++] : throw Odd("its end");
                var inner = of;
                of = Take("(") ? Call(inner, name) : scope => At(inner(scope), name);
            }
            else
            {
                return of;
            }
        }
    }

    private Func<Scope, object?> Call(Func<Scope, object?> of, string name)
    {
        if (name is "all" or "exists")
        {
            var variable = _tokens[_at++];
            var predicate = Expected(",", Choice);
            Expect(")");
            return name == "all"
                ? scope => Items(of(scope)).All(item => IsTrue(predicate, scope.With(variable, item)))
                : scope => Items(of(scope)).Any(item => IsTrue(predicate, scope.With(variable, item)));
        }
        var arguments = List(")");
        return (name, arguments.Count) switch
        {
            ("size", 0) => scope => Size(of(scope)),
            ("startsWith", 1) => scope => Text(of, scope).StartsWith(Text(arguments[0], scope), StringComparison.Ordinal),
            ("endsWith", 1) => scope => Text(of, scope).EndsWith(Text(arguments[0], scope), StringComparison.Ordinal),
            ("contains", 1) => scope => Text(of, scope).Contains(Text(arguments[0], scope), StringComparison.Ordinal),
            ("matches", 1) => scope => Regex.IsMatch(
                Text(of, scope), Text(arguments[0], scope), RegexOptions.None, TimeSpan.FromSeconds(1)),
            _ => throw Odd($"{name}()"),
        };
    }

    private List<Func<Scope, object?>> List(string end)
    {
        List<Func<Scope, object?>> items = [];
        while (!Take(end))
        {
            if (items.Count > 0)
                Expect(",");
            items.Add(Choice());
        }
        return items;
    }

    private bool Take(string token)
    {
        if (_at >= _tokens.Count || _tokens[_at] != token)
            return false;
        _at++;
        return true;
    }

    private void Expect(string token)
    {
        if (!Take(token))
            throw Odd($"{(_at < _tokens.Count ? $"'{_tokens[_at]}'" : "its end")} where '{token}' should be");
    }

    private T Expected<T>(string token, Func<T> then)
    {
        Expect(token);
        return then();
    }

    private FormatException Odd(string what) => new($"the rule '{_text}' has {what}: this server evaluates only a part of CEL");

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | \d+(?:\.\d+)? | [A-Za-z_]\w* | == | != | <= | >= | && | \|\| | [-!<>?:.,()\[\]]
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Token();

    [GeneratedRegex(@"^[A-Za-z_]\w*$")]
    private static partial Regex Name();
}
