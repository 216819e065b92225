using System.Collections.Immutable;
using System.Text;

namespace Altmap.Shell.Options;

/// <summary>
/// Reads options as ndctl and daxctl 76.1 do (util/parse-options.c parse_options()): bundled letters, values attached or in the next word,
/// long names cut short
/// as far as they stay unique, <c>--no-</c> (also cut short), <c>--</c>. Options and arguments may be mixed.
/// </summary>
public static class OptionParser
{
    /// <summary>Reads the words behind the command's name. A wrong option gives <see cref="OptionResult.Answer"/>.</summary>
    public static OptionResult Parse(CommandSpec spec, ImmutableArray<string> args) => Parse(spec, args, []);

    internal static OptionResult Parse(CommandSpec spec, ImmutableArray<string> args, ImmutableArray<string> subcommands)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new Run(spec, args, subcommands).Parse();
    }

    /// <summary>One use of an option: as a letter, as <c>--no-</c>, or plainly.</summary>
    private enum Form
    {
        Plain,
        Letter,
        Unset,
    }

    private sealed class Run(CommandSpec spec, ImmutableArray<string> args, ImmutableArray<string> subcommands)
    {
        private readonly OptionResult _result = new(spec);
        private readonly ImmutableArray<string>.Builder _arguments = ImmutableArray.CreateBuilder<string>();
        private int _at;
        private string? _attached; // the rest of a bundle, or what stands behind '='

        public OptionResult Parse()
        {
            for (; _at < args.Length && _result.Answer is null; _at++)
            {
                var word = args[_at];
                if (word is "--")
                {
                    _arguments.AddRange(args.AsSpan()[(_at + 1)..]);
                    break;
                }
                if (word.StartsWith("--", StringComparison.Ordinal))
                    ReadLong(word[2..]);
                else if (word.Length > 1 && word[0] == '-')
                    ReadLetters(word[1..]);
                else
                    _arguments.Add(word);
            }
            _result.Arguments = _arguments.ToImmutable();
            return _result;
        }

        private void ReadLetters(string letters)
        {
            _attached = letters;
            for (var first = true; _attached is { } rest; first = false)
            {
                var letter = rest[0];
                if (letter == 'h')
                {
                    Fail("", UsageText.Full(spec));
                    return;
                }
                var option = spec.Options.FirstOrDefault(o => o.Short == letter);
                if (option is null)
                {
                    // The tool makes a word of its own of the rest of a bundle; "-v-x" leaves "--x".
                    Fail(
                        UsageText.Error(letter == '-' ? $"unknown option `{rest[1..]}'" : $"unknown switch `{letter}'"),
                        UsageText.Full(spec)
                    );
                    return;
                }
                _attached = rest.Length > 1 ? rest[1..] : null;
                if (Apply(option, Form.Letter) is { } wrong)
                {
                    Fail(wrong, UsageText.One(spec, o => o.Short == letter));
                    return;
                }
                if (first && _attached is not null && LooksLikeLong(letters))
                {
                    Fail(UsageText.Error($"did you mean `--{letters}` (with two dashes ?)"), "");
                    return;
                }
            }
        }

        private bool LooksLikeLong(string letters) =>
            letters.Length >= 3
            && (
                letters.StartsWith("no-", StringComparison.Ordinal)
                || spec.Options.Any(o => o.Long is not null && o.Long.StartsWith(letters, StringComparison.Ordinal))
            );

        private void ReadLong(string text)
        {
            switch (text)
            {
                case "help" or "help-all": // no option is hidden in these tools
                    Fail("", UsageText.Full(spec));
                    return;
                case "list-opts":
                    _result.Answer = new ToolAnswer(List(spec.Options.Select(o => $"--{o.Long ?? "(null)"}")), "", 130);
                    return;
                case "list-cmds":
                    _result.Answer = new ToolAnswer(List(subcommands), "", 130);
                    return;
            }
            var (option, form, wrong) = FindLong(text);
            if (option is null && wrong is null)
            {
                Fail(UsageText.Error($"unknown option `{text}'"), UsageText.Full(spec));
                return;
            }
            wrong ??= Apply(option!, form);
            if (wrong is not null)
                Fail(wrong, UsageText.One(spec, o => o.Long is { } name && (StartsWith(text, name) || StartsWith(text, "no-" + name))));
        }

        /// <summary>The first option that is named in full, or else the only one that the text may stand for.</summary>
        private (OptionSpec? Option, Form Form, string? Wrong) FindLong(string text)
        {
            _attached = null;
            var equals = text.IndexOf('=');
            var cut = default((OptionSpec Option, Form Form)?);
            var other = default((OptionSpec Option, Form Form)?);
            foreach (var option in spec.Options)
            {
                if (option.Long is not { } name)
                    continue;
                var (match, form, rest) = Match(name, text, equals < 0 ? text : text[..equals]);
                if (match == Fit.Full)
                {
                    _attached = rest.Length > 0 ? rest[1..] : _attached;
                    return (option, form, null);
                }
                if (match == Fit.Cut)
                {
                    other = cut;
                    cut = (option, form);
                    if (form == Form.Plain && equals >= 0)
                        _attached = text[(equals + 1)..];
                }
            }
            if (other is not { } first)
                return (cut?.Option, cut?.Form ?? Form.Plain, null);
            var (last, lastForm) = cut!.Value;
            return (
                null,
                Form.Plain,
                UsageText.Error($"Ambiguous option: {text} (could be --{No(first.Form)}{first.Option.Long} or --{No(lastForm)}{last.Long})")
            );
        }

        private enum Fit
        {
            None,
            Cut,
            Full,
        }

        /// <param name="name">The option's long name.</param>
        /// <param name="text">What stands behind the dashes, with a value if there is one.</param>
        /// <param name="word">The same without the value.</param>
        private static (Fit Fit, Form Form, string Tail) Match(string name, string text, string word)
        {
            if (StartsWith(text, name))
                return Full(Form.Plain, text[name.Length..]);
            if (StartsWith(name, "no-"))
            {
                var positive = name[3..]; // "--online" takes --no-online back
                if (StartsWith(text, positive))
                    return Full(Form.Unset, text[positive.Length..]);
                if (StartsWith(positive, text))
                    return (Fit.Cut, Form.Unset, "");
            }
            if (StartsWith(name, word))
                return (Fit.Cut, Form.Plain, "");
            if (StartsWith("no-", text))
                return (Fit.Cut, Form.Unset, "");
            if (!StartsWith(text, "no-"))
                return (Fit.None, Form.Plain, "");
            if (StartsWith(text[3..], name))
                return Full(Form.Unset, text[(3 + name.Length)..]);
            return (StartsWith(name, text[3..]) ? Fit.Cut : Fit.None, Form.Unset, "");
        }

        private static (Fit Fit, Form Form, string Tail) Full(Form form, string rest) =>
            (rest.Length == 0 || rest[0] == '=' ? Fit.Full : Fit.None, form, rest);

        /// <summary>Stores an option's value; the message when that cannot be.</summary>
        private string? Apply(OptionSpec option, Form form)
        {
            var takesNothing = option.Kind is OptionKind.Flag or OptionKind.Count;
            if (_attached is not null && (form == Form.Unset || (form == Form.Plain && takesNothing)))
                return Wrong(option, form, "takes no value");
            var unset = form == Form.Unset;
            switch (option.Kind)
            {
                case OptionKind.Flag:
                    _result.Set(option, !unset);
                    return null;
                case OptionKind.Count:
                    _result.Set(option, unset ? 0 : _result.Number(option.Name) + 1);
                    return null;
                case var _ when unset:
                    SetUnset(option);
                    return null;
            }
            if (TakeValue() is not { } value)
                return Wrong(option, form, "requires a value");
            return ApplyValue(option, form, value);
        }

        private void SetUnset(OptionSpec option)
        {
            if (option.Kind is OptionKind.Integer or OptionKind.Unsigned)
                _result.Set(option, 0L);
            else if (option.Kind is OptionKind.Text or OptionKind.FileName)
                _result.Set(option, null);
        }

        private string? ApplyValue(OptionSpec option, Form form, string value)
        {
            switch (option.Kind)
            {
                case OptionKind.Integer or OptionKind.Unsigned:
                    var (number, end) = CNumber.Signed(value);
                    // Stored in 32 bits without a check, as there.
                    _result.Set(option, option.Kind == OptionKind.Integer ? unchecked((int)number) : unchecked((uint)number));
                    return end == value.Length ? null : Wrong(option, form, "expects a numerical value");
                case OptionKind.AddressRange:
                    _result.Append(option, value);
                    var comma = value.IndexOf(',');
                    return
                        comma >= 0 && NdctlSize.TryParse(value[..comma]) is not null && NdctlSize.TryParse(value[(comma + 1)..]) is not null
                        ? null
                        : UsageText.Error($"failed to parse --{option.Long}={value}\n");
                case OptionKind.FileName when spec.FilePrefix is { } prefix && value is not "-" && !value.StartsWith('/'):
                    _result.Set(option, prefix + value);
                    return null;
                default:
                    _result.Set(option, value);
                    return null;
            }
        }

        private string? TakeValue()
        {
            if (_attached is { } attached)
            {
                _attached = null;
                return attached;
            }
            return _at + 1 < args.Length ? args[++_at] : null;
        }

        private static string Wrong(OptionSpec option, Form form, string reason) =>
            UsageText.Error(
                form switch
                {
                    Form.Letter => $"switch `{option.Short}' {reason}",
                    _ => $"option `{No(form)}{option.Long}' {reason}",
                }
            );

        private static string No(Form form) => form == Form.Unset ? "no-" : "";

        private static bool StartsWith(string text, string start) => text.StartsWith(start, StringComparison.Ordinal);

        private static string List(IEnumerable<string> words) =>
            words.Aggregate(new StringBuilder(), (text, word) => text.Append(word).Append(' ')).ToString();

        private void Fail(string message, string usage) => _result.Answer = new ToolAnswer("", message + usage, UsageText.UsageExitCode);
    }
}
