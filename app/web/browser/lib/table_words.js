// dmn-js in Vietnamese; on an English page its own words stay.
const words = {
  "Add cell description": "Thêm chú giải cho ô", "Remove cell description": "Bỏ chú giải của ô",
  "Add input": "Thêm cột hỏi", "Add output": "Thêm cột kết quả", "Add rule": "Thêm dòng",
  "Add input column left": "Thêm cột hỏi bên trái", "Add input column right": "Thêm cột hỏi bên phải",
  "Add output column left": "Thêm cột kết quả bên trái", "Add output column right": "Thêm cột kết quả bên phải",
  "Add rule above": "Thêm dòng phía trên", "Add rule below": "Thêm dòng phía dưới",
  "Add predefined values": "Thêm giá trị cho phép", "Clear predefined values": "Bỏ danh sách giá trị cho phép",
  "Predefined values": "Giá trị cho phép", "Custom values": "Giá trị khác", "Add values": "Thêm giá trị", "No values": "Chưa có giá trị",
  "Values": "Giá trị", "Value": "Giá trị", "Input values": "Giá trị cho phép", "Output values": "Giá trị cho phép",
  "After": "Sau", "Before": "Trước", "Between": "Trong khoảng", "Exactly": "Đúng bằng", "And": "Và", "When": "Khi", "Then": "Thì",
  "Annotation": "Ghi chú", "Annotations": "Căn cứ, ghi chú", "Change cell expression language": "Đổi ngôn ngữ biểu thức của ô",
  "Comparison": "So sánh", "Comparison operator": "Phép so sánh", "Equals": "Bằng", "Greater": "Lớn hơn",
  "Greater or equals": "Lớn hơn hoặc bằng", "Less": "Nhỏ hơn", "Less or equals": "Nhỏ hơn hoặc bằng", "Range": "Khoảng",
  "Range start operator": "Đầu khoảng", "Range start value": "Giá trị đầu khoảng", "Range end operator": "Cuối khoảng", "Range end value": "Giá trị cuối khoảng",
  "Include": "Gồm cả", "Exclude": "Không gồm", "Start value": "Giá trị đầu", "End value": "Giá trị cuối",
  "Copy rule": "Sao chép dòng", "Cut rule": "Cắt dòng", "Move rule": "Chuyển dòng", "Remove rule": "Bỏ dòng",
  "Paste rule above": "Dán dòng phía trên", "Paste rule below": "Dán dòng phía dưới",
  "Copy input column": "Sao chép cột hỏi", "Cut input column": "Cắt cột hỏi", "Remove input column": "Bỏ cột hỏi",
  "Paste input column left": "Dán cột hỏi bên trái", "Paste input column right": "Dán cột hỏi bên phải",
  "Copy output column": "Sao chép cột kết quả", "Cut output column": "Cắt cột kết quả", "Remove output column": "Bỏ cột kết quả",
  "Paste output column left": "Dán cột kết quả bên trái", "Paste output column right": "Dán cột kết quả bên phải",
  "Date": "Ngày", "Date and time": "Ngày và giờ", "Date value": "Ngày", "Date and time value": "Ngày và giờ", "Time": "Giờ", "Time value": "Giờ",
  "Duration value": "Khoảng thời gian", "Boolean value": "Đúng hoặc sai", "String value": "Chuỗi",
  "Start date": "Từ ngày", "End date": "Đến ngày", "Start date and time": "Từ lúc", "End date and time": "Đến lúc", "Start time": "Từ giờ", "End time": "Đến giờ",
  "Set date": "Đặt ngày", "Set date and time": "Đặt ngày giờ", "Set duration": "Đặt khoảng thời gian", "Set time": "Đặt giờ", "Set value": "Đặt giá trị",
  "Use now": "Lấy lúc này", "Use today": "Lấy hôm nay",
  "Decision name": "Tên bảng", "Decision name: ": "Tên bảng: ",
  "Edit": "Sửa", "Edit input": "Sửa cột hỏi", "Edit output": "Sửa cột kết quả", "Edit boolean": "Sửa giá trị đúng, sai", "Edit string": "Sửa chuỗi",
  "Edit number": "Sửa số", "Edit date": "Sửa ngày", "Edit date and time": "Sửa ngày giờ", "Edit duration": "Sửa khoảng thời gian", "Edit time": "Sửa giờ",
  "Edit start date": "Sửa ngày đầu", "Edit end date": "Sửa ngày cuối", "Edit start date and time": "Sửa lúc đầu", "Edit end date and time": "Sửa lúc cuối",
  "Edit start time": "Sửa giờ đầu", "Edit end time": "Sửa giờ cuối",
  "Editing not supported for set expression language": "Không sửa được ô viết bằng ngôn ngữ khác", "Enter expression": "Nhập biểu thức",
  "Expression": "Biểu thức", "Expression language": "Ngôn ngữ biểu thức", "Expression language: {expressionLanguageLabel}": "Ngôn ngữ biểu thức: {expressionLanguageLabel}",
  "Hit policy": "Cách chọn dòng", "Hit policy:": "Cách chọn dòng:",
  "Input": "Cột hỏi", "Input expression": "Tên dữ liệu", "Input expression: ": "Tên dữ liệu: ", "Input label": "Nhãn cột", "Input label: ": "Nhãn cột: ", "Input type": "Kiểu dữ liệu",
  "Output": "Cột kết quả", "Output label": "Nhãn cột", "Output label: ": "Nhãn cột: ", "Output name": "Tên kết quả", "Output name: ": "Tên kết quả: ", "Output type": "Kiểu dữ liệu",
  "Match none": "Không thuộc", "Match one": "Thuộc", "No": "Sai", "Yes": "Đúng", "Resize": "Đổi độ rộng",
  "Strings must be in double quotes": "Chuỗi phải đặt trong dấu nháy kép", "Test type": "Cách so sánh", "Type": "Kiểu", "View DRD": "",
  "e.g. { example } ": "ví dụ { example } ", "e.g. { sample }": "ví dụ { sample }",
  "string": "chuỗi", "boolean": "đúng, sai", "number": "số", "integer": "số nguyên", "date": "ngày", "dateTime": "ngày và giờ",
  "Unique": "Duy nhất một dòng", "First": "Dòng đầu tiên khớp", "Any": "Bất kỳ dòng nào khớp", "Rule order": "Mọi dòng khớp, theo thứ tự",
  "Collect": "Mọi dòng khớp", "Collect (Sum)": "Cộng các dòng khớp", "Collect (Min)": "Giá trị nhỏ nhất", "Collect (Max)": "Giá trị lớn nhất", "Collect (Count)": "Đếm các dòng khớp",
  "No overlap is possible and all rules are disjoint. Only a single rule can be matched": "Các dòng không được trùng nhau; chỉ một dòng khớp",
  "Rules may overlap. The first matching rule will be chosen": "Các dòng có thể trùng nhau; dòng khớp đầu tiên từ trên xuống được chọn",
  "Rules may overlap. Their output have to match": "Các dòng có thể trùng nhau nhưng phải cho cùng kết quả",
  "Collects the values of all matching rules": "Lấy kết quả của mọi dòng khớp",
  "Collects the values of all matching rules in rule order": "Lấy kết quả của mọi dòng khớp, theo thứ tự dòng",
  "Collects the values of all matching rules and sums up to a single value": "Cộng kết quả của các dòng khớp",
  "Collects the values of all matching rules and uses the lowest value": "Lấy kết quả nhỏ nhất của các dòng khớp",
  "Collects the values of all matching rules and uses the highest value": "Lấy kết quả lớn nhất của các dòng khớp",
  "Collects the values of all matching rules and counts the number of them": "Đếm các dòng khớp",
};

const isVietnamese = document.documentElement.lang === "vi";

export function translate(template, replacements = {}) {
  const known = isVietnamese && template in words ? words[template] : template;
  return known.replace(/\{\s*(\w+)\s*\}/g, (whole, name) => (name in replacements ? replacements[name] : whole));
}

// What dmn-js writes without asking for a translation.
const fixed = { "Decision table context menu": "Trình đơn của bảng" };

export function translateFixed(container) {
  if (!isVietnamese) return;
  const fix = () => {
    for (const one of container.querySelectorAll("[aria-label]")) {
      const word = fixed[one.getAttribute("aria-label")];
      if (word) one.setAttribute("aria-label", word);
    }
  };
  new MutationObserver(fix).observe(container, { childList: true, subtree: true });
  fix();
}
